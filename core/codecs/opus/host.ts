/** What libopus's module imports of its host: a place to complain and an exit, of which it uses none. */
const nothing = (): number => 0;

export {
  nothing as emscripten_notify_memory_growth,
  nothing as fd_close,
  nothing as fd_seek,
  nothing as fd_write,
  nothing as proc_exit,
};
