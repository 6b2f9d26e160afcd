/**
 * The entries of the packages of this workspace: the specifiers that can be imported, from the `exports` of each
 * package.json.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/**
 * One entry of `exports`: its specifier in an import, and its files below the package's folder. TypeScript makes
 * `dist/NAME.d.ts` from `src/NAME.ts`.
 */
const entryOf = (folder, name, path, { types }) => ({
  specifier: join(name, path),
  package: folder,
  source: `packages/${folder}/${types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts')}`,
  declarations: `packages/${folder}/${types.replace('./', '')}`,
})

const folders = readdirSync(join(root, 'packages')).sort()

export const packageEntries = folders.flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
  // An entry that is a plain file name is data, such as a JSON Schema.
  return Object.entries(exports)
    .filter(([, files]) => typeof files === 'object')
    .map(([path, files]) => entryOf(folder, name, path, files))
})
