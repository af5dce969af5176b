# Compiler and linker flags of every target, and the libraries that rooms may name.
find_package(PkgConfig REQUIRED)
pkg_check_modules(ssl REQUIRED IMPORTED_TARGET libssl>=3.0)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto>=3.0)
pkg_check_modules(event REQUIRED IMPORTED_TARGET libevent_core>=2.1.12)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares>=1.18)
pkg_check_modules(inih REQUIRED IMPORTED_TARGET inih)

add_compile_definitions(_GNU_SOURCE POSTERN_VERSION="${PROJECT_VERSION}")
add_compile_options(
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wvla -Wundef
  -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -fno-common -fstack-protector-strong)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-Wlogical-op -Wduplicated-cond -fstack-clash-protection)
endif()
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  # ASSERT(!"why this cannot be") is meant as it stands.
  add_compile_options(-Wno-string-conversion)
endif()
if(POSTERN_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  # The sanitizers make gcc's flow analysis see null where there is none.
  add_compile_options(-Wno-null-dereference)
else()
  add_link_options(-Wl,-z,relro,-z,now)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" OR CMAKE_BUILD_TYPE STREQUAL "Release")
  # NDEBUG is left out: ASSERT is ours and stays on in releases.
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
  set(CMAKE_C_FLAGS_RELEASE "-O2")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  # Slices and buffers are one-line functions in files of their own: inlined across files, they cost nothing. The
  # programs are linked that way (cmake/Rooms.cmake); tests take the ordinary code beside it, which links quickly.
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(POSTERN_LTO ON)
    add_compile_options(-flto=auto -ffat-lto-objects)
    add_link_options(-fno-lto)
  endif()
endif()
if(POSTERN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64")
  add_compile_options(-fcf-protection)
endif()
