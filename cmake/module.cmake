# One interface target carries the warnings; nobody sets CMAKE_C_FLAGS.
add_library(warnings INTERFACE)
target_compile_options(warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wswitch-enum -Wvla -Wcast-align -Wcast-qual -Wwrite-strings -Wundef
  -Wformat=2 -Wpointer-arith -Wnull-dereference -Wdouble-promotion
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches>)

# baton_module(name [PURE] [DEPENDS other...] [SYSTEM library...]):
# src/<name>/*.c is a static library (or an interface when it has only headers).
# Its headers are included as "<name>/x.h" and are compiled alone by the target
# all_verify_interface_header_sets. A PURE module may use only the symbols of
# cmake/pure-symbols.txt (checked by a test). Nothing is defined for a module
# whose folder has no source yet.
function(baton_module name)
  cmake_parse_arguments(M "PURE" "" "DEPENDS;SYSTEM" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/src/${name})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${dir}/*.h)
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
  if(M_PURE)
    set_property(GLOBAL APPEND PROPERTY BATON_PURE_MODULES ${name})
  endif()
endfunction()

# baton_tests(module [LINKS more...]): each tests/unit/<module>/test_*.c is one
# cmocka program and one ctest case "unit.<module>.<file>".
function(baton_tests name)
  cmake_parse_arguments(T "" "" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tests/unit/${name}/test_*.c)
  add_custom_target(tests_${name})
  foreach(source IN LISTS sources)
    get_filename_component(base ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" short ${base})
    set(target test_${name}_${short})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${name} ${T_LINKS} support warnings PkgConfig::CMOCKA)
    add_test(NAME unit.${name}.${short} COMMAND ${target})
    set_tests_properties(unit.${name}.${short} PROPERTIES LABELS "unit" TIMEOUT 120)
    add_dependencies(tests_${name} ${target})
  endforeach()
endfunction()
