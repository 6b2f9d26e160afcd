import type { SourcePosition } from '../../error/index.ts'
import { type Loading, loadFile, resolveExtends } from './extends.ts'
import { mergeTrees } from './merge.ts'
import type { ComposeFile } from './options.ts'
import { readTexts, type Value } from './reading.ts'
import {
  asList,
  asMap,
  type Entry,
  entriesOf,
  get,
  type MapTree,
  nameOf,
  onlyKeys,
  refuse,
  type Tree,
} from './tree.ts'
import { readYaml } from './yaml-tree.ts'

/**
 * Several Compose files made into one: `include` and `extends` resolved in each, then each laid over those before.
 *
 * @param chain - the sources whose `include` led here
 */
export const readModel = (
  files: readonly ComposeFile[],
  loading: Loading,
  chain: readonly string[] = [],
): MapTree => {
  const model = files
    .flatMap((file) => readYaml(file.text, file.source).map((tree) => asRoot(tree)))
    .reduce<MapTree | null>((earlier, root) => {
      const resolved = resolveExtends(resolveIncludes(root, loading, chain), earlier, loading)
      return earlier === null
        ? resolved
        : (asMap(mergeTrees(earlier, resolved), 'a Compose file') ?? resolved)
    }, null)
  const place: SourcePosition = { source: files[0]?.source ?? 'compose.yaml', line: 1, column: 1 }
  return model ?? refuse(place, 'the file is empty: expected `services` or `networks`')
}

const asRoot = (tree: Tree): MapTree =>
  tree.kind === 'map'
    ? tree
    : refuse(tree.place, `expected a mapping with \`services\` or \`networks\`, found ${nameOf(tree)}`)

/** What `include` brings in stands beside what the file says itself, never over it (Compose Specification, 14-include). */
const resolveIncludes = (root: MapTree, loading: Loading, chain: readonly string[]): MapTree =>
  asList(get(root, 'include'), 'include').reduce<MapTree>((sum, item, index) => {
    const what = `include[${index}]`
    const files = pathsOf(item, loading, what).map((path) => {
      const file = loadFile(loading, path, what)
      if (file.source === root.place.source || chain.includes(file.source))
        refuse(path.place, `${what}: ${file.source} includes itself in the end`)
      return file
    })
    return beside(sum, readModel(files, loading, [...chain, root.place.source]))
  }, root)

const pathsOf = (item: Tree, { reading }: Loading, what: string): readonly Value[] => {
  if (item.kind !== 'map') return readTexts(reading, item, what)
  onlyKeys(item, ['path', 'project_directory', 'env_file'], what)
  const variables = get(item, 'env_file')
  if (variables !== null)
    refuse(
      variables.place,
      `${what}: \`env_file\` is not supported here: set its variables in the project's .env`,
    )
  return readTexts(
    reading,
    get(item, 'path') ?? refuse(item.place, `${what}: expected a \`path\``),
    `${what}.path`,
  )
}

const beside = (root: MapTree, included: MapTree): MapTree => {
  const entries = new Map(root.entries)
  for (const section of ['services', 'networks']) {
    const own = asMap(get(root, section), section)
    const others = asMap(get(included, section), section)
    if (others === null) continue
    const both = new Map<string, Entry>(own?.entries ?? [])
    for (const [name, entry] of entriesOf(others)) {
      const clash = both.get(name)
      if (clash !== undefined)
        refuse(
          clash.keyPlace,
          `${section}.${name} is defined here and in ${entry.keyPlace.source}, which is included: rename one of them`,
        )
      both.set(name, entry)
    }
    entries.set(section, { keyPlace: others.place, value: { ...(own ?? others), entries: both } })
  }
  return { ...root, entries }
}
