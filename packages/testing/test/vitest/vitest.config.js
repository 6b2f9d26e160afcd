import { join } from 'node:path'
import { packageEntries } from '../../../../script/package-entries.js'

const root = join(import.meta.dirname, '../../../..')

/** The sources, as in Jest, so that no test uses an old build. */
export default {
  root: import.meta.dirname,
  resolve: {
    alias: packageEntries.map(({ specifier, source }) => ({
      find: new RegExp(`^${specifier}$`),
      replacement: join(root, source),
    })),
  },
  // The same limit as in Jest. Vitest's default of 5 s is too short on a busy machine.
  test: { include: ['*.spec.ts'], pool: 'threads', testTimeout: 120_000 },
}
