# One interface target carries the warnings; nobody sets CMAKE_C_FLAGS.
add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wswitch-enum -Wvla -Wcast-align -Wcast-qual -Wwrite-strings -Wundef
  -Wformat=2 -Wpointer-arith -Wnull-dereference -Wdouble-promotion
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>)

# What programs outside src/ link: `pure` is every pure module, `modules` every
# module. Both only name; a module without sources adds its headers.
add_library(pure INTERFACE)
add_library(modules INTERFACE)

# baton_module(name [PURE] [DEPENDS other...] [SYSTEM library...]):
# src/<name>/*.c, and that of its folders, is a static library (or an interface when it has only headers).
# Its headers are included as "<name>/x.h" and are compiled alone by the target
# all_verify_interface_header_sets. A PURE module may use only the symbols of
# cmake/pure-symbols.txt (checked by a test). main.c belongs to the program, not
# to the library. Nothing is defined for a module whose folder has no source yet.
function(baton_module name)
  cmake_parse_arguments(M "PURE" "" "DEPENDS;SYSTEM" ${ARGN})
  get_property(below GLOBAL PROPERTY BATON_MODULES)
  get_property(pure_below GLOBAL PROPERTY BATON_PURE_MODULES)
  foreach(other IN LISTS M_DEPENDS)
    if(NOT other IN_LIST below)
      message(FATAL_ERROR "src/${name} may not depend on ${other}: it is not below it")
    elseif(M_PURE AND NOT other IN_LIST pure_below)
      message(FATAL_ERROR "src/${name} is pure and may not depend on ${other}, which is not")
    endif()
  endforeach()
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c ${dir}/*/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${dir}/*.h ${dir}/*/*.h)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  list(FILTER headers EXCLUDE REGEX "_priv\\.h$")
  # Only this module and what it depends on is on the include path.
  set(view ${CMAKE_CURRENT_BINARY_DIR}/view/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${dir} ${view}/${name} SYMBOLIC)
  list(TRANSFORM headers REPLACE "^${dir}" "${view}/${name}")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${M_DEPENDS} PRIVATE warnings ${M_SYSTEM})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${M_DEPENDS})
    set(scope INTERFACE)
  endif()
  target_sources(${name} ${scope} FILE_SET HEADERS
    BASE_DIRS ${view} FILES ${headers})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(modules INTERFACE ${name})
  set_property(GLOBAL APPEND PROPERTY BATON_MODULES ${name})
  if(M_PURE)
    set_property(GLOBAL APPEND PROPERTY BATON_PURE_MODULES ${name})
    target_link_libraries(pure INTERFACE ${name})
    if(sources)
      set_property(GLOBAL APPEND PROPERTY BATON_PURE_LIBRARIES $<TARGET_FILE:${name}>)
    endif()
  endif()
endfunction()

# baton_pages_blob(pack): the file becomes part of the module `pages`. An empty
# pack is written if there is none, so that C can be built alone.
function(baton_pages_blob pack)
  if(NOT EXISTS ${pack})
    file(WRITE ${pack} "BATON-PAGES 1\n\n")
  endif()
  set(blob ${CMAKE_CURRENT_SOURCE_DIR}/src/pages/blob.S)
  set_source_files_properties(${blob} PROPERTIES
    COMPILE_DEFINITIONS "PAGES_PACK=\"${pack}\"" OBJECT_DEPENDS ${pack})
  target_sources(pages PRIVATE ${blob})
endfunction()
