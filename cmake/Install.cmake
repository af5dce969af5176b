# Where Debian expects things. Man pages and configurations are installed as they are in the tree.
if(TARGET postern)
  install(TARGETS postern RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
endif()
if(TARGET postern-bench)
  install(TARGETS postern-bench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
