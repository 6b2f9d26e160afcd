/** How often a list is read before it is taken as it is, though it changed under each reading. */
const ATTEMPTS = 4

/**
 * Reads a list again while the kernel says it changed under the reading (NLM_F_DUMP_INTR), and says so in
 * `unread` when it never held still.
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
