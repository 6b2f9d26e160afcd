import type { Command } from '../command.ts'
import { common } from '../options/option-sets.ts'

/** `portolan cluster`; a part of `commands`. */
export const clusterCommand: Readonly<Record<string, Command>> = {
  cluster: {
    usage: 'cluster init|join|status|release|reclaim [--cluster URL]',
    summary: 'Agree with other hosts, through etcd, which of them has which block of addresses.',
    more: [
      'init settles the pools (--pool, once for the cluster). join verifies the blocks of this host and claims what it lacks;',
      'with --watch it stays, keeps this host alive in the cluster and tells of blocks that it loses. status shows which host',
      'has which block, and how many addresses remain in those of this one. release gives the blocks of this host back.',
      'reclaim takes those of a host that is off (--member NAME, or --all): only what is known to be off, as a host that still',
      'runs goes on using them. The package @portolan/etcd has to be installed. URL is etcd://HOST:2379[,HOST:2379]/NAME;',
      'etcds:// is TLS, with ?ca=FILE&cert=FILE&key=FILE; a user is etcd://USER@HOST/NAME?password-file=FILE.',
    ],
    examples: [
      {
        line: 'portolan cluster init --pool 10.64.0.0/12:24 --cluster etcd://127.0.0.1/prod',
        does: 'settle the pool, and that blocks are /24',
      },
      {
        line: 'portolan cluster join --cluster etcd://127.0.0.1/prod --member web-1',
        does: 'claim a block for this host, or verify the one it has',
      },
    ],
    options: [
      ...common,
      'cluster',
      'pool',
      'member',
      'count',
      'takeover',
      'address',
      'watch',
      'all',
      'grace',
      'yes',
      'force',
    ],
    meaning: {
      cluster: 'the cluster: etcd://HOST:2379[,HOST:2379]/NAME, or etcds:// for TLS',
      state: 'where leases are kept, and what this host is in the cluster',
      pool: 'init: BASE/LENGTH:SIZE, in the order in which blocks are claimed',
      count: 'join: how many blocks of each family this host wants in all',
      address:
        'join: the address through which other hosts reach the blocks of this one, one of each family at most',
      watch: 'join: stay, keep this host alive in the cluster, and tell what changes',
      all: 'reclaim: the blocks of every host that is not alive',
      yes: 'reclaim: do not ask',
      force:
        'release: also blocks in which this host has networks; init: forget reclaimed blocks that are in the way',
    },
    fallback: {
      cluster: '`cluster` of config.yaml, or else the cluster that this host joined last (but for init)',
      address: 'that of before, else of the interface towards etcd, else of the default route',
    },
    positionals: 1,
    completes: {
      init: 'Settle the pools, once for the cluster.',
      join: 'Verify the blocks of this host, and claim what it lacks.',
      status: 'Show which host has which block.',
      release: 'Give the blocks of this host back.',
      reclaim: 'Take the blocks of a host that is off.',
    },
    load: () => import('../commands/cluster.ts'),
  },
}
