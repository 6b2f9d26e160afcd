import type { Command } from './command.ts'
import type { OptionName } from './option-table.ts'

const always: readonly OptionName[] = ['json', 'help']
const common: readonly OptionName[] = [...always, 'state']
const hostFiles: readonly OptionName[] = [
  'host',
  'iptables-save',
  'ip6tables-save',
  'iptables-legacy-save',
  'ip6tables-legacy-save',
  'nft-json',
]
const subnets: readonly OptionName[] = ['pool', 'reserve', 'allow']
const intent: readonly OptionName[] = [
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

/** Where a command does without an intent, what is said of one needs it. */
const ofAnIntent: Command['needs'] = Object.fromEntries(
  [...intent, 'state' as const].flatMap((option) => (option === 'file' ? [] : [[option, 'file' as const]])),
)

/** The commands, in the order help shows them. */
export const commands: Readonly<Record<string, Command>> = {
  plan: {
    usage: 'plan [-f compose.yaml]... [--rules]',
    summary: 'Show subnets and why, addresses, conflicts and changes; change nothing.',
    options: [...common, ...hostFiles, ...intent, 'rules'],
    positionals: 0,
    load: () => import('./commands/plan.ts'),
  },
  apply: {
    usage: 'apply [-f compose.yaml]... [--rules] [--fix] [--yes] [--force]',
    summary: 'Plan, show, ask, and carry it out.',
    more: [
      'Where the host changes before that, apply plans again, shows what is new and asks again. With --yes it goes on,',
      'unless a conflict is new that blocks: --force is for the conflicts of the plan that was made first.',
    ],
    options: [...common, ...intent, 'rules', 'yes', 'force', 'fix'],
    positionals: 0,
    load: () => import('./commands/apply.ts'),
  },
  destroy: {
    usage: 'destroy [-f compose.yaml]... | -p PROJECT | --all [--rules] [--keep-leases] [--yes]',
    summary: 'Remove one project from this host, or with --all every one and whatever else is of Portolan.',
    more: [
      'The project is that of -p, or else of the Compose file: the one that -f names, or the one found here.',
      'With none of them, and without --all, nothing is removed.',
    ],
    options: [
      ...common,
      'project',
      'file',
      'env-file',
      'project-directory',
      'all',
      'rules',
      'yes',
      'keep-leases',
    ],
    meaning: {
      all: 'every project on this host, and what else is left of Portolan',
    },
    positionals: 0,
    load: () => import('./commands/destroy.ts'),
  },
  move: {
    usage: 'move NETWORK [-f compose.yaml]... [--rules] [--fix] [--yes]',
    summary:
      'Show the plan that gives a network another subnet and its endpoints other addresses; --yes applies it.',
    options: [...common, ...intent, 'rules', 'yes', 'force', 'fix'],
    needs: { force: 'yes' },
    positionals: 1,
    load: () => import('./commands/move.ts'),
  },
  script: {
    usage: 'script [-f compose.yaml]... --format nft|nft-json|iptables-restore|sh',
    summary: 'Print a firewall script that does what apply would do to the rules.',
    more: [
      'The script replaces all rules of Portolan in its backend. For this host it carries the other projects there,',
      'as apply leaves them. So it does for another host, with its rules given (--nft-json, or --iptables-save and',
      '--ip6tables-save). Where no rules are read (--host alone) it holds this project only: loading it removes',
      'every other project of Portolan, and its head says so. Print it again once another project has changed.',
    ],
    options: [...common, ...hostFiles, ...intent, 'format'],
    positionals: 0,
    load: () => import('./commands/script.ts'),
  },
  subnet: {
    usage:
      'subnet [--count N] [--size N] [--pool P]... [--reserve CIDR]... [--allow CIDR]... [--map] [--svg FILE]',
    summary: 'Pick subnets that collide with nothing on this host.',
    options: [...common, ...hostFiles, ...subnets, 'count', 'size', 'ipv6', 'map', 'svg'],
    positionals: 0,
    load: () => import('./commands/subnet.ts'),
  },
  conflicts: {
    usage: 'conflicts [-f compose.yaml]... [--all]',
    summary:
      'Show only the conflicts of the planned state; with --all, a short list of them and of what is odd among the foreign rules.',
    options: [...common, ...hostFiles, ...intent, 'all'],
    positionals: 0,
    load: () => import('./commands/conflicts.ts'),
  },
  explain: {
    usage: 'explain [--from A[:PORT]] --to B:PORT/PROTOCOL [--in INTERFACE] [-f compose.yaml]...',
    summary:
      'Tell the way of a packet through the rules on this host as they are: what changes it, what stops it, where it ends.',
    options: [...common, ...hostFiles, 'from', 'to', 'in', ...intent],
    needs: ofAnIntent,
    positionals: 0,
    load: () => import('./commands/explain.ts'),
  },
  evaluate: {
    usage: 'evaluate [-f compose.yaml]... < packets > outcomes',
    summary:
      'Read packets from standard input, a JSON object a line; print the outcome of each as a line of JSON.',
    options: [...common, ...hostFiles, ...intent],
    needs: ofAnIntent,
    positionals: 0,
    load: () => import('./commands/evaluate.ts'),
  },
  parse: {
    usage: 'parse FILE',
    summary: 'Read an iptables-save or nft JSON file and print it back as the kernel would.',
    options: always,
    positionals: 1,
    load: () => import('./commands/parse.ts'),
  },
  status: {
    usage: 'status [-p PROJECT | -f compose.yaml...] [--watch]',
    summary:
      'Show what is mapped now: a line a mapping, with its open connections, what of it is not as wanted, and its conflicts.',
    more: [
      'OPEN are open connections that were translated to the mapping. PACKETS and BYTES are those of these connections, in',
      'both directions, where the host counts them (net.netfilter.nf_conntrack_acct). NEW are the connections that its rules',
      'have translated since they were written (iptables). DRIFT says what is missing, changed or unwanted; of a project',
      'that was applied from a Compose file it says so of single mappings with -f alone.',
    ],
    options: [
      ...common,
      'project',
      'file',
      'profile',
      'env-file',
      'project-directory',
      'backend',
      'watch',
      'no-conflicts',
    ],
    meaning: {
      project: 'only this project, or the name for that of the file',
      file: 'a Compose file: only its project, compared with what the file wants',
      backend:
        'where a project is expected that has no rules: auto, nftables, iptables, iptables-nft or iptables-legacy',
    },
    needs: { profile: 'file', 'env-file': 'file', 'project-directory': 'file' },
    positionals: 0,
    load: () => import('./commands/status.ts'),
  },
  watch: {
    usage: 'watch [-f compose.yaml]... | -p PROJECT [--check] [--once | --metrics ADDRESS:PORT]',
    summary:
      'Hold a project until stopped: repair what other programs take away, and tell of it and of conflicts.',
    more: [
      'With -p alone it is a project that a live host holds (openHost). Events are lines, with --json one object each.',
      'SIGHUP reads the files again and applies the difference; SIGTERM ends it and leaves the rules.',
      '--metrics counts connections of mappings, their packets and bytes where net.netfilter.nf_conntrack_acct is 1.',
    ],
    options: [...common, ...intent, 'check', 'once', 'metrics'],
    positionals: 0,
    load: () => import('./commands/watch.ts'),
  },
  inspect: {
    usage: 'inspect',
    summary: 'Print what is known of this host as JSON, valid for --host.',
    options: [...always, ...hostFiles],
    positionals: 0,
    load: () => import('./commands/inspect.ts'),
  },
}

/** Commands that have a name and a place already, and nothing behind it yet. */
export const comingCommands: readonly string[] = ['attach', 'detach', 'report', 'cluster', 'completion']
