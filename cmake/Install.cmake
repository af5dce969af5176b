# Where Debian expects things. The gateway is in bin and not in sbin, which is not on a user's PATH: demo, check and
# pki are for everybody. Man pages and configurations are installed as they are in the tree; nothing under /etc is ever
# overwritten, so what lies in conf/ goes to the examples, and the commented reference to /etc/postern only if there is
# none.
if(TARGET postern)
  install(TARGETS postern RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(TARGET postern-bench)
  install(TARGETS postern-bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} OPTIONAL)
endif()

foreach(section 1 5)
  file(GLOB pages CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

file(GLOB examples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/conf/*.ini ${CMAKE_SOURCE_DIR}/conf/*.logrotate)
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# DESTDIR and the prefix are known when installing only. The prefix /usr has its configuration in /etc; the unit names
# the paths of the prefix that it is installed under.
install(CODE "set(source \"${CMAKE_SOURCE_DIR}/conf\")\nset(build \"${CMAKE_BINARY_DIR}\")")
install(CODE [[
  set(etc "${CMAKE_INSTALL_PREFIX}/etc/postern")
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(etc /etc/postern)
  endif()
  if(NOT EXISTS "$ENV{DESTDIR}${etc}/postern.ini")
    file(INSTALL "${source}/postern.ini" DESTINATION "${etc}")
  endif()

  file(GLOB units RELATIVE "${source}" "${source}/*.service" "${source}/*.timer")
  foreach(name IN LISTS units)
    file(READ "${source}/${name}" unit)
    string(REPLACE "=/usr/bin/" "=${CMAKE_INSTALL_PREFIX}/bin/" unit "${unit}")
    string(REPLACE "/etc/postern/" "${etc}/" unit "${unit}")
    file(WRITE "${build}/install/${name}" "${unit}")
    file(INSTALL "${build}/install/${name}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
  endforeach()
]])
