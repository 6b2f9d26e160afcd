/** jest's transform of what the suites were put together in: the same code, with where it comes from. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export default {
  // The name of a shared module tells its code, and that of a suite's does not.
  getCacheKey: (text, path) => createHash('sha256').update(`${path}\0${text}`).digest('hex'),
  process: (text, path) => ({ code: text, map: readFileSync(`${path}.map`, 'utf8') }),
}
