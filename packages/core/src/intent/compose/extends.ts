import { folderOf, pathFrom } from './folder.ts'
import type { Loading } from './loading.ts'
import { mergeTrees } from './merge.ts'
import { readValue } from './reading.ts'
import { asMap, type Entry, get, getGiven, type MapTree, onlyKeys, refuse, type Tree } from './tree.ts'

/** The files in which a service is looked up, and the folder from which their paths start. */
interface Scope {
  readonly roots: readonly (MapTree | null)[]
  readonly folder: string
}

/**
 * Resolves `extends`: the two services are merged as two files are, and the service that extends counts as the later
 * file.
 *
 * @param earlier - the merged files before this one, in which a service may be found too
 */
export const resolveExtends = (root: MapTree, earlier: MapTree | null, loading: Loading): MapTree => {
  const services = asMap(get(root, 'services'), 'services')
  if (services === null) return root
  const entries = new Map<string, Entry>()
  for (const [name, entry] of services.entries)
    entries.set(name, {
      ...entry,
      value: resolve(name, entry.value, { roots: [root, earlier], folder: loading.folder }, loading, []),
    })
  const value: MapTree = { ...services, entries }
  const keyPlace = root.entries.get('services')?.keyPlace ?? services.place
  return { ...root, entries: new Map(root.entries).set('services', { keyPlace, value }) }
}

/** The longest chain of `extends`. Real files stay below five. */
export const longestChain = 50

const resolve = (
  name: string,
  service: Tree,
  here: Scope,
  loading: Loading,
  chain: readonly Tree[],
): Tree => {
  const written = service.kind === 'map' ? getGiven(service, 'extends', `services.${name}`) : null
  if (service.kind !== 'map' || written === null) return service
  const what = `services.${name}.extends`
  if (chain.includes(service)) return refuse(written.place, `${what}: the service extends itself in the end`)
  // A circle through files can write each path in a new way. The bound ends such a circle.
  if (chain.length >= longestChain)
    return refuse(
      written.place,
      `${what}: the service extends another, which extends another, more than ${longestChain} times`,
    )
  const map = written.kind === 'map' ? written : null
  if (map !== null) onlyKeys(map, ['service', 'file'], what)
  const nameTree =
    map === null ? written : (get(map, 'service') ?? refuse(written.place, `${what}: expected a \`service\``))
  const base = readValue(loading.reading, nameTree, what, 'the name of a service')
  const fileTree = get(map, 'file')
  const scope = fileTree === null ? here : fileScope(fileTree, here, loading, `${what}.file`)
  const found = scope.roots
    .map((root) => asMap(get(root, 'services'), 'services')?.entries.get(base.text)?.value)
    .find((value) => value !== undefined && !(value === service))
  if (found === undefined)
    return refuse(
      base.place,
      scope === here
        ? `${what}: no other service is called "${base.text}"`
        : `${what}: no service is called "${base.text}" in ${scope.roots[0]?.place.source ?? 'that file'}`,
    )
  const entries = new Map(service.entries)
  entries.delete('extends')
  return mergeTrees(resolve(base.text, found, scope, loading, [...chain, service]), { ...service, entries }, [
    'services',
    name,
  ])
}

/** The services of another file. Its `include` is not followed, as in Compose. */
const fileScope = (tree: Tree, here: Scope, loading: Loading, what: string): Scope => {
  const path = readValue(loading.reading, tree, what, 'the path of a file')
  const file = loading.file(path, what, here.folder)
  return { roots: [loading.root(file)], folder: folderOf(pathFrom(here.folder, path.text)) }
}
