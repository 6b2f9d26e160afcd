import { backends } from '../../backend/backend.ts'
import type { OptionName } from './option-table.ts'

/** The kind of thing that a value names, where it can be looked up. */
export type ValueKind =
  | 'file'
  | 'folder'
  | 'project'
  | 'network'
  | 'network-here'
  | 'endpoint'
  | 'interface'
  | 'namespace'
  | 'command'
  | 'profile'
  | 'cluster'
  | 'member'
  | 'intent'

/** Options that take one of a few words, and nothing else. */
export const closedValues: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  backend: ['auto', ...backends, 'iptables'],
  format: ['nft', 'nft-json', 'iptables-restore', 'sh'],
}

/** Options that take one of these words, or something else. */
export const openValues: Readonly<Partial<Record<OptionName, readonly string[]>>> = {
  pool: ['classic', 'docker'],
  metrics: ['127.0.0.1:9469'],
  driver: [
    ...['macvlan:bridge', 'macvlan:vepa', 'macvlan:private', 'macvlan:passthru'],
    ...['ipvlan:l2', 'ipvlan:l3', 'ipvlan:l3s'],
  ],
}

/** Options whose values are names of something. */
export const namedValues: Readonly<Partial<Record<OptionName, ValueKind>>> = {
  file: 'file',
  project: 'project',
  'env-file': 'file',
  'project-directory': 'folder',
  host: 'file',
  'iptables-save': 'file',
  'ip6tables-save': 'file',
  'iptables-legacy-save': 'file',
  'ip6tables-legacy-save': 'file',
  'nft-json': 'file',
  state: 'folder',
  svg: 'file',
  output: 'file',
  in: 'interface',
  parent: 'interface',
  netns: 'namespace',
  profile: 'profile',
  cluster: 'cluster',
  member: 'member',
  intent: 'intent',
}
