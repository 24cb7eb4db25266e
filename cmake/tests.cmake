# Every test is a ctest case named <label>.<what>, and is found by its file name:
# a new file needs no line here.

# tests/unit/<module>/test_<file>.c: one cmocka program, "unit.<module>.<file>".
set_property(GLOBAL PROPERTY BATON_ABOVE_ENGINE engine codec simulate domain api bots server scenario cli)
function(baton_unit_tests name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${name}/test_*.c)
  add_custom_target(tests_${name})
  foreach(source IN LISTS sources)
    get_filename_component(base ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" short ${base})
    set(target test_${name}_${short})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${name} support warnings PkgConfig::CMOCKA)
    get_property(above GLOBAL PROPERTY BATON_ABOVE_ENGINE)
    if(name IN_LIST above)
      target_link_libraries(${target} PRIVATE centre)
    endif()
    add_test(NAME unit.${name}.${short} COMMAND ${target})
    set_tests_properties(unit.${name}.${short} PROPERTIES LABELS "unit" TIMEOUT 120)
    add_dependencies(tests_${name} ${target})
  endforeach()
endfunction()

# tests/explore/explore_<what>.c: visits every reachable world of the pure
# modules, "explore.<what>"; its parts are in tests/explore/<what>/. The other .c
# files beside it are shared by all of them.
#
# tests/explore/mutate_<what>.c: breaks the tables of module <what> one entry at
# a time and runs those parts, "mutate.<what>". It is built with the module's
# sources and <WHAT>_TABLE_CONST defined as nothing, so that it can. Or it puts
# faults between modules: calls of the functions named in <what>/wrapped.txt are
# led to it (ld's --wrap).
function(baton_explore_tests)
  set(dir ${PROJECT_SOURCE_DIR}/tests/explore)
  file(GLOB shared CONFIGURE_DEPENDS ${dir}/*.c)
  list(FILTER shared EXCLUDE REGEX "/(explore|mutate)_[^/]*$")
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/explore_*.c ${dir}/mutate_*.c)
  foreach(source IN LISTS sources)
    get_filename_component(target ${source} NAME_WE)
    string(REGEX MATCH "^(explore|mutate)_(.*)$" matched ${target})
    set(kind ${CMAKE_MATCH_1})
    set(what ${CMAKE_MATCH_2})
    file(GLOB parts CONFIGURE_DEPENDS ${dir}/${what}/*.c)
    add_executable(${target} ${source} ${parts} ${shared})
    target_include_directories(${target} PRIVATE ${dir} ${dir}/${what})
    target_link_libraries(${target} PRIVATE centre pure support warnings)
    add_test(NAME ${kind}.${what} COMMAND ${target})
    set_tests_properties(${kind}.${what} PROPERTIES LABELS "explore" TIMEOUT 3600)
    if(kind STREQUAL "mutate")
      file(GLOB module CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${what}/*.c)
      target_sources(${target} PRIVATE ${module})
      string(TOUPPER ${what}_TABLE_CONST= definition)
      target_compile_definitions(${target} PRIVATE ${definition})
      set_tests_properties(mutate.${what} PROPERTIES PROCESSORS 2)
      if(EXISTS ${dir}/${what}/wrapped.txt)
        file(STRINGS ${dir}/${what}/wrapped.txt wrapped)
        list(TRANSFORM wrapped PREPEND "-Wl,--wrap=")
        target_link_options(${target} PRIVATE ${wrapped})
      endif()
    endif()
  endforeach()
endfunction()

# tests/fuzz/fuzz_<what>.c: a libFuzzer entry (clang only), "fuzz.<what>" for
# five seconds from tests/fuzz/corpus/<what>, and "fuzz.<what>.long" for ten
# million runs. What libFuzzer finds goes to the build directory, never into the
# kept corpus: a crash becomes a file there by hand, named after the bug.
function(baton_fuzz_tests)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/fuzz_*.c)
  foreach(source IN LISTS sources)
    get_filename_component(target ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" short ${target})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE modules support warnings)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_BINARY_DIR}/fuzz/${short})
    file(MAKE_DIRECTORY ${found})
    set(args -seed=1 -timeout=10 -rss_limit_mb=2048 -artifact_prefix=${found}-)
    if(EXISTS ${PROJECT_SOURCE_DIR}/tests/fuzz/${short}.dict)
      list(APPEND args -dict=${PROJECT_SOURCE_DIR}/tests/fuzz/${short}.dict)
    endif()
    if(short STREQUAL "planted") # the control: it must be found
      add_test(NAME fuzz.planted COMMAND ${target} -runs=5000000 -use_value_profile=1 ${args})
      set_tests_properties(fuzz.planted PROPERTIES LABELS "fuzz" TIMEOUT 120
        PASS_REGULAR_EXPRESSION "heap-buffer-overflow")
      continue()
    endif()
    list(APPEND args ${found})
    if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${short})
      list(APPEND args ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${short})
    endif()
    add_test(NAME fuzz.${short} COMMAND ${target} -max_total_time=5 ${args})
    set_tests_properties(fuzz.${short} PROPERTIES LABELS "fuzz" TIMEOUT 120)
    add_test(NAME fuzz.${short}.long COMMAND ${target} -runs=10000000 ${args})
    set_tests_properties(fuzz.${short}.long PROPERTIES LABELS "fuzz;long" TIMEOUT 7200)
  endforeach()
endfunction()

# model/<what>.pml, checked by Spin: "model.<what>". A .gen.pml is only included.
function(baton_model_tests)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/model/*.pml)
  list(FILTER sources EXCLUDE REGEX "\\.gen\\.pml$")
  foreach(source IN LISTS sources)
    get_filename_component(short ${source} NAME_WE)
    add_test(NAME model.${short} COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/spin.py ${source})
    set_tests_properties(model.${short} PROPERTIES LABELS "model;long" TIMEOUT 900
      COST 1000) # the longest: ctest begins with it
  endforeach()
endfunction()

# baton_house_test(name command...): a check of the project itself.
function(baton_house_test name)
  add_test(NAME house.${name} COMMAND ${ARGN} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(house.${name} PROPERTIES LABELS "house" TIMEOUT 300)
endfunction()

# baton_generated(OUTPUT path COMMAND target args...): a file of the source tree
# that is what a tool prints. `gen` writes it, "house.fresh.<path>" compares it.
add_custom_target(gen)
function(baton_generated)
  cmake_parse_arguments(G "" "OUTPUT" "COMMAND" ${ARGN})
  string(REPLACE "/" "." id ${G_OUTPUT})
  list(POP_FRONT G_COMMAND tool)
  if(TARGET ${tool})
    set(tool_command $<TARGET_FILE:${tool}>)
  else()
    set(tool_command ${PROJECT_SOURCE_DIR}/${tool})
  endif()
  set(run ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/generated.py)
  add_custom_target(gen.${id}
    COMMAND ${run} --write ${G_OUTPUT} -- ${tool_command} ${G_COMMAND}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
  if(TARGET ${tool})
    add_dependencies(gen.${id} ${tool})
  endif()
  add_dependencies(gen gen.${id})
  if(BUILD_TESTING)
    baton_house_test(fresh.${id} ${run} ${G_OUTPUT} -- ${tool_command} ${G_COMMAND})
  endif()
endfunction()
