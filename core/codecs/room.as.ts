// @ts-nocheck: AssemblyScript, checked by its own compiler

/** The one room in a module's memory: behind its tables, grown when asked. 0: no more memory. */
export function reserve(bytes: u32): usize {
  const start: usize = (__heap_base + 15) & ~15;
  const pages = <i32>((<u64>start + bytes + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  return start;
}
