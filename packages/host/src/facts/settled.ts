/** How often a list is read. If it changed during each reading, the last reading is taken. */
const ATTEMPTS = 4

/**
 * Reads a list again while the kernel says that it changed during the reading (NLM_F_DUMP_INTR). It adds a sentence to
 * `unread` when the list changed during each reading.
 */
export const settled = async <T extends { readonly consistent: boolean }>(
  what: string,
  unread: string[],
  read: () => Promise<T>,
): Promise<T> => {
  let result = await read()
  for (let attempt = 1; !result.consistent && attempt < ATTEMPTS; attempt += 1) result = await read()
  if (!result.consistent)
    unread.push(`The ${what} kept changing while they were read: some may be missing or listed twice.`)
  return result
}
