import type { Backend } from '../../lab/backend.ts'

/** The commands that load each printed form, as a person would run them. */
export const loaders: Readonly<Record<Backend, Readonly<Record<string, readonly (readonly string[])[]>>>> = {
  nftables: { nft: [['nft', '-f', '-']], 'nft-json': [['nft', '-j', '-f', '-']], sh: [['sh', '-e']] },
  'iptables-nft': {
    'iptables-restore': [
      ['iptables-nft-restore', '--noflush'],
      ['ip6tables-nft-restore', '--noflush'],
    ],
    sh: [['sh', '-e']],
  },
  'iptables-legacy': {
    'iptables-restore': [
      ['iptables-legacy-restore', '--noflush'],
      ['ip6tables-legacy-restore', '--noflush'],
    ],
    sh: [['sh', '-e']],
  },
}
