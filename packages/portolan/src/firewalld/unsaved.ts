import { existsSync } from 'node:fs'
import { type Block, block, type Configuration, type Configurations } from './configuration.ts'

/**
 * Finds a setting that exists at run time and not permanently, or the other way round, in words; null: the two
 * configurations are equal. Policies that Portolan made do not count.
 */
export const findUnsaved = ({ now, permanent, ours }: Configurations): string | null => {
  const here = settingsIn(now, ours)
  const kept = settingsIn({ ...permanent, zones: combine(permanent.zones) }, ours)
  const [first] = here.flatMap((settings, at) => [
    ...differences(settings, kept[at] ?? [], 'is set at run time only'),
    ...differences(kept[at] ?? [], settings, 'is set permanently, and not at run time'),
  ])
  return first ?? null
}

/**
 * Combines the zones in a folder (`home/wire.xml` and `home/far.xml` in /etc/firewalld/zones). At run time they are one
 * zone `home` (firewall/core/fw.py, `Zone.combine`).
 */
const combine = (zones: readonly Block[]): readonly Block[] => {
  const folders = new Set(zones.flatMap(({ name }) => (name.includes('/') ? [folderOf(name)] : [])))
  return [
    ...zones.filter(({ name }) => !name.includes('/')),
    ...[...folders].map((folder) =>
      block(folder, combineLines(zones.filter(({ name }) => name !== folder && folderOf(name) === folder))),
    ),
  ]
}

const folderOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf('/'))) || name

/**
 * Joins the settings of a zone's parts. The zone has what any part has. The target and the priorities of parts do not
 * count.
 */
const combineLines = (parts: readonly Block[]): readonly string[] => {
  const all = new Set(
    parts
      .flatMap(({ lines }) => lines)
      .map((line) => line.replace(/^target .*/, 'target default').replace(/^(\w+-priority) .*/, '$1 0')),
  )
  return [...all].filter((line) => !isFlagOff.test(line) || !all.has(line.replace(/no$/, 'yes')))
}

const isFlagOff = /^(forward|masquerade|icmp-block-inversion) no$/

const differences = (
  some: readonly string[],
  others: readonly string[],
  words: string,
): readonly string[] => {
  const known = new Set(others)
  return some.filter((one) => !known.has(one)).map((one) => `${one} ${words}`)
}

/** All settings of a configuration, by their kind. */
const settingsIn = (
  { policies, zones, directRules, passthroughs, ipsets, entries }: Configuration,
  ours: readonly string[],
): readonly (readonly string[])[] => [
  policies.filter(({ name }) => !ours.includes(name)).flatMap(inBlock('policy')),
  zones.flatMap(inBlock('zone')),
  directRules.map((rule) => `direct rule ${rule}`),
  passthroughs.map((rule) => `direct passthrough ${rule}`),
  ipsets.map((name) => `ipset ${name}`),
  [...entries].flatMap(([name, all]) => all.map((entry) => `ipset ${name} ${entry}`)),
]

/**
 * The zones whose interfaces Docker, libvirt and NetworkManager bring back after a reload (D-Bus signal `Reloaded`).
 */
const broughtBack = /^(docker|libvirt|libvirt-routed|nm-shared)$/

const inBlock = (kind: string): ((block: Block) => readonly string[]) => {
  const isManaged = existsSync('/run/NetworkManager')
  return ({ name, lines }) => [
    `${kind} ${name}`,
    ...lines
      .filter((line) => !(line.startsWith('interfaces ') && (isManaged || broughtBack.test(name))))
      .map((line) => `${line} of ${kind} ${name}`),
  ]
}
