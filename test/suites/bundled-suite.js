/** jest's transform of a suite: the suite is what was made of it before the run (bundle-suites.js). */
import { createHash } from 'node:crypto'
import { dirname, join, relative } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Where suites are, once they are put together with what they import. */
export const bundledSuites = join(root, 'dist/suites')

const codeFor = (path) => {
  const made = join(bundledSuites, relative(root, path)).replace(/\.ts$/, '.js')
  return `import ${JSON.stringify(relative(dirname(path), made))}\n`
}

export default {
  getCacheKey: (_text, path) => createHash('sha256').update(codeFor(path)).digest('hex'),
  process: (_text, path) => ({ code: codeFor(path) }),
}
