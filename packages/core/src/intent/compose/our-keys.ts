import { closestOf, didYouMean } from '@portolan/netfilter/text'
import type { Reading } from './reading.ts'
import { entriesOf, type MapTree, refuse, type Tree } from './tree.ts'

const ours = 'x-portolan'

/** The keys under `x-portolan` of a port. */
export const ourPortKeys: readonly string[] = ['allow_from', 'interface', 'weight']

/** Mappings whose keys users choose freely. A label may have any name. */
const freeKeys: readonly string[] = [
  'additional_contexts',
  'annotations',
  'args',
  'aux_addresses',
  'driver_opts',
  'environment',
  'extra_hosts',
  'labels',
  'options',
  'storage_opt',
  'sysctls',
]

type Path = readonly (string | number)[]

/** Are the keys of this mapping names of services, networks and the like? */
const holdsNames = (path: Path): boolean =>
  (path.length === 1 && path[0] !== 'include') ||
  (path.length === 3 && path[0] === 'services' && ['networks', 'depends_on'].includes(`${path[2]}`))

/** Is `x-portolan` read here? It is read under an entry of `ports`, a service and a network. */
const isRead = (path: Path): boolean =>
  (path.length === 4 && path[0] === 'services' && path[2] === 'ports') ||
  (path.length === 2 && (path[0] === 'services' || path[0] === 'networks'))

const inWords = (path: Path): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1)

const whereItBelongs =
  'Put `allow_from`, `interface` and `weight` under `x-portolan` of an entry of `ports` in the long syntax, `reachable_from` under `x-portolan` of a service or a network, and `pool` under `x-portolan` of a network'

/**
 * Refuses `x-portolan` where it is not read, and notes keys that look like it. If an `allow_from` were ignored without
 * a message, the port would be open to every machine.
 */
export const checkOurKeys = (reading: Reading, root: MapTree): void => {
  const done = new Set<Tree>()
  const check = (tree: Tree, path: Path): void => {
    if (tree.kind === 'scalar' || done.has(tree)) return
    done.add(tree)
    if (tree.kind === 'list') {
      for (const [index, item] of tree.items.entries()) check(item, [...path, index])
      return
    }
    for (const [key, { keyPlace, value }] of entriesOf(tree)) {
      const isName = holdsNames(path)
      if (!isName) checkKey(key, value, path, keyPlace)
      if (isName || (!key.startsWith('x-') && !freeKeys.includes(key))) check(value, [...path, key])
    }
  }
  const checkKey = (key: string, value: Tree, path: Path, place: Tree['place']): void => {
    const at = path.length === 0 ? '' : `${inWords(path)}: `
    if (key === ours) {
      if (!isRead(path))
        refuse(
          place,
          `${at}\`${ours}\` is not read here, and nothing under it has an effect. ${whereItBelongs}`,
        )
    } else if (key === 'allow_from')
      refuse(place, `${at}\`allow_from\` is not read here, and keeps no machine out. ${whereItBelongs}`)
    else if (key === 'reachable_from')
      refuse(place, `${at}\`reachable_from\` is not read here, and opens nothing. ${whereItBelongs}`)
    else if (key.startsWith('x-') && looksLikeOurs(key, value, path))
      reading.note(`${at}the key "${key}" has no effect: did you mean "${ours}"?`, place)
  }
  check(root, [])
}

/**
 * Is the key within two letters of `x-portolan`? Or, below the top of the file, does it hold `allow_from`, whatever its
 * name?
 */
const looksLikeOurs = (key: string, value: Tree, path: Path): boolean =>
  closestOf(key, [ours]) !== null ||
  (path.length > 0 && value.kind === 'map' && value.entries.has('allow_from'))

/**
 * Refuses every key that is not ours. Under `x-portolan` a key with `x-` in front is a misspelt one, so it is refused
 * too.
 */
export const onlyOurKeys = (map: MapTree, known: readonly string[], what: string): void => {
  for (const [key, { keyPlace }] of map.entries)
    if (!known.includes(key))
      refuse(
        keyPlace,
        `${what}: unknown key "${key}", expected one of ${known.join(', ')}${didYouMean(key.replace(/^x-/, ''), known)}`,
      )
}

/** Refuses the keys of a port in a place where they would close no port. */
export const refusePortKeys = (map: MapTree, what: string): void => {
  for (const [key, { keyPlace }] of map.entries)
    if (ourPortKeys.includes(key))
      refuse(keyPlace, `${what}: \`${key}\` is not read here, and has no effect. ${whereItBelongs}`)
}
