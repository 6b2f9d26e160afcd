import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fromJson } from '../from-json.ts'
import type { Tarball } from './packed.ts'

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly 'bom-ref': string
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string; readonly name?: string }
    readonly expression?: string
  }[]
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

/** The parts of a bill of materials that are compared (CycloneDX 1.7). */
export interface Bill {
  readonly bomFormat: string
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** The bill that script/pack wrote beside a tarball. */
export const billOf = ({ path }: Tarball): Bill =>
  fromJson<Bill>(readFileSync(path.replace(/\.tgz$/, '.cdx.json'), 'utf8'))

/** `@noble/hashes` */
export const nameOf = ({ group, name }: Component): string =>
  group === undefined ? name : `${group}/${name}`

const told = (component: Component): string => `${nameOf(component)} ${component.version}`

export const isBundled = ({ properties = [] }: Component): boolean =>
  properties.some(({ name }) => name === 'portolan:bundled')

/** The libraries that the bill lists as bundled, as `yaml 2.9.1`. */
export const bundledIn = ({ components }: Bill): readonly string[] =>
  components.filter(isBundled).map(told).toSorted()

/** The libraries with modules in a folder's code. esbuild writes the path of each module before its code. */
export const librariesOfModules = (folder: string): readonly string[] => {
  const modules = readdirSync(folder, { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.js'))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/^ *\/\/ \S*node_modules\/\.pnpm\/([^/\n]+)\//gm),
    ])
  const names = modules.map(([, name = '']) => name.replace(/_.*$/, '').replace('+', '/'))
  return [...new Set(names.map((name) => name.replace(/(.)@/, '$1 ')))].toSorted()
}

/** The libraries with a licence in the bundle. */
export const librariesOfLicences = (bundle: string): readonly string[] =>
  [...readFileSync(join(bundle, 'LICENSES.txt'), 'utf8').matchAll(/^(\S+) (\d+\.\d+\.\S+) \(.+\)$/gm)]
    .map(([, name, version]) => `${name} ${version}`)
    .toSorted()

/** The direct dependencies of a package, by its bill. */
export const directIn = (bill: Bill): readonly string[] => {
  const root = bill.metadata.component['bom-ref']
  const refs = bill.dependencies.find(({ ref }) => ref === root)?.dependsOn ?? []
  return bill.components
    .filter((component) => refs.includes(component['bom-ref']))
    .map(nameOf)
    .toSorted()
}

type Installed = Readonly<
  Record<
    string,
    Readonly<Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined>>
  >
>

const foundFrom = (installed: Installed, from: string, name: string): string | undefined => {
  const place = join(from, 'node_modules', name)
  if (installed[place] !== undefined) return place
  return from === '.' ? undefined : foundFrom(installed, dirname(from), name)
}

/**
 * The names of all packages that npm installed for a package: its dependencies and theirs, but no peer dependencies on
 * frameworks.
 */
export const installedFor = (folder: string, name: string): readonly string[] => {
  const lock = readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')
  const { packages: installed } = fromJson<{ packages: Installed }>(lock)
  const reached = new Set([join('node_modules', name)])
  for (const place of reached) {
    const { dependencies, optionalDependencies } = installed[place] ?? {}
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = foundFrom(installed, place, needed)
      if (found !== undefined) reached.add(found)
    }
  }
  const names = [...reached].slice(1).map((place) => place.replace(/^.*node_modules\//, ''))
  return [...new Set(names)].toSorted()
}

/** Licences that allow a copy under Apache-2.0, and only require that their text is kept with it. */
const allowed: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
])

const licencesOf = ({ licenses = [] }: Component): readonly string[] =>
  licenses.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'unnamed')

/** Libraries without a licence, or with one that is not allowed, as `left-pad 1.0.0: WTFPL`. */
export const forbiddenIn = ({ components }: Pick<Bill, 'components'>): readonly string[] =>
  components
    .map((component) => ({ component, licences: licencesOf(component) }))
    .filter(({ licences }) => licences.length === 0 || licences.some((licence) => !allowed.has(licence)))
    .map(({ component, licences }) => `${told(component)}: ${licences.join(', ') || 'no licence'}`)
