import { join } from 'node:path'
import { packageEntries } from '../../../../script/package-entries.js'

const root = join(import.meta.dirname, '../../../..')

/** The sources, as Jest runs them: a test never sees a stale build. */
export default {
  root: import.meta.dirname,
  resolve: {
    alias: packageEntries.map(({ specifier, source }) => ({
      find: new RegExp(`^${specifier}$`),
      replacement: join(root, source),
    })),
  },
  // As long as Jest gives a test here: Vitest's own 5 s pass on a busy machine.
  test: { include: ['*.spec.ts'], pool: 'threads', testTimeout: 120_000 },
}
