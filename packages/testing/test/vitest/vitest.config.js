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
  test: { include: ['*.spec.ts'], pool: 'threads' },
}
