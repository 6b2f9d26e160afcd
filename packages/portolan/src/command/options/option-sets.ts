import type { OptionName } from './option-table.ts'

/** Options that commands have in common. */
export const always: readonly OptionName[] = ['json', 'help']
export const common: readonly OptionName[] = [...always, 'state']
/** Files that describe a host in place of this one. */
export const hostFiles: readonly OptionName[] = [
  'host',
  'iptables-save',
  'ip6tables-save',
  'iptables-legacy-save',
  'ip6tables-legacy-save',
  'nft-json',
]
export const subnets: readonly OptionName[] = ['pool', 'reserve', 'allow', 'cluster']
export const intent: readonly OptionName[] = [
  'file',
  'project',
  'profile',
  'env-file',
  'project-directory',
  'backend',
  'guard-forwarding',
  'no-sysctl',
  ...subnets,
]
