# Where Debian expects things. The gateway is in bin and not in sbin, which is not on a user's PATH: demo, check and pki
# are for everybody. Man pages and configurations are installed as they are in the tree; nothing under /etc is ever overwritten, so what lies in
# conf/ goes to the examples, and the commented reference to /etc/postern only if there is none.
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

file(GLOB examples CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/conf/*.ini)
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${CMAKE_SOURCE_DIR}/conf/postern.service DESTINATION lib/systemd/system)

# DESTDIR and the prefix are known when installing only. The prefix /usr has its configuration in /etc.
install(CODE "
  set(target \"\${CMAKE_INSTALL_PREFIX}/etc/postern\")
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(target /etc/postern)
  endif()
  if(NOT EXISTS \"\$ENV{DESTDIR}\${target}/postern.ini\")
    file(INSTALL \"${CMAKE_SOURCE_DIR}/conf/postern.ini\" DESTINATION \"\${target}\")
  endif()")
