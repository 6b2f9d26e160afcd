import type { SourcePosition } from '../../error/index.ts'
import { mergeTrees } from './merge.ts'
import type { ComposeFile } from './options.ts'
import { type Reading, readValue, type Value } from './reading.ts'
import { asMap, type Entry, get, type MapTree, onlyKeys, refuse, type Tree } from './tree.ts'
import { readYaml } from './yaml-tree.ts'

/** What reading other files takes. */
export interface Loading {
  readonly reading: Reading
  readonly load: ((path: string, from: string) => ComposeFile) | null
}

/** Reads another file, or says who could. */
export const loadFile = ({ load }: Loading, path: Value, what: string): ComposeFile =>
  load === null
    ? refuse(
        path.place,
        `${what}: "${path.text}" is another file, and nothing here reads files: pass \`load\`, or the merged output of \`docker compose config\``,
      )
    : load(path.text, path.place.source)

/** The root of a file that others refer to. */
export const rootOf = (file: ComposeFile): MapTree => {
  const [tree] = readYaml(file.text, file.source)
  const place: SourcePosition = { source: file.source, line: 1, column: 1 }
  return (
    asMap(tree ?? null, 'a Compose file') ??
    refuse(place, 'the file is empty: expected `services` or `networks`')
  )
}

/**
 * Resolves `extends`: the service named is the earlier file, the service that extends it the later one.
 *
 * @param earlier - what the files before this one have come to, where a service may be found too
 */
export const resolveExtends = (root: MapTree, earlier: MapTree | null, loading: Loading): MapTree => {
  const services = asMap(get(root, 'services'), 'services')
  if (services === null) return root
  const entries = new Map<string, Entry>()
  for (const [name, entry] of services.entries)
    entries.set(name, { ...entry, value: resolve(name, entry.value, [root, earlier], loading, []) })
  const value: MapTree = { ...services, entries }
  const keyPlace = root.entries.get('services')?.keyPlace ?? services.place
  return { ...root, entries: new Map(root.entries).set('services', { keyPlace, value }) }
}

/** Real files stay below five. */
const longestChain = 50

const resolve = (
  name: string,
  service: Tree,
  roots: readonly (MapTree | null)[],
  loading: Loading,
  chain: readonly Tree[],
): Tree => {
  const written = service.kind === 'map' ? get(service, 'extends') : null
  if (service.kind !== 'map' || written === null) return service
  const what = `services.${name}.extends`
  if (chain.includes(service)) return refuse(written.place, `${what}: the service extends itself in the end`)
  // A file that is read anew for each `extends` has other trees each time, so a circle through files ends here too.
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
  const scope =
    fileTree === null
      ? roots
      : [rootOf(loadFile(loading, readValue(loading.reading, fileTree, `${what}.file`), `${what}.file`))]
  const found = scope
    .map((root) => asMap(get(root, 'services'), 'services')?.entries.get(base.text)?.value)
    .find((value) => value !== undefined && !(value === service))
  if (found === undefined) return refuse(base.place, `${what}: no other service is called "${base.text}"`)
  const entries = new Map(service.entries)
  entries.delete('extends')
  return mergeTrees(resolve(base.text, found, scope, loading, [...chain, service]), { ...service, entries }, [
    'services',
    name,
  ])
}
