import { askingCommands } from './asking-commands.ts'
import { attachingCommands } from './attach/attaching-commands.ts'
import { clusterCommand } from './cluster/cluster-command.ts'
import type { Command } from './command.ts'
import { always, common, hostFiles, intent, subnets } from './options/option-sets.ts'

/** The commands, in the order help shows them. */
export const commands: Readonly<Record<string, Command>> = {
  plan: {
    usage: 'plan [-f compose.yaml]... [--rules]',
    summary: 'Show subnets and why, addresses, conflicts and changes; change nothing.',
    examples: [
      { line: 'portolan plan', does: 'what apply would do for the Compose file here' },
      { line: 'portolan plan -f compose.yaml --backend nftables --rules', does: 'every rule, as a diff' },
    ],
    options: [...common, ...hostFiles, ...intent, 'rules'],
    positionals: 0,
    load: () => import('./commands/plan.ts'),
  },
  apply: {
    usage: 'apply [-f compose.yaml]... [--rules] [--fix] [--yes] [--force]',
    summary: 'Plan, show, ask, and carry it out.',
    more: [
      'If the host changes before that, apply plans again, shows what is new and asks again. With --yes it continues,',
      'unless a new conflict blocks it: --force covers only the conflicts of the first plan.',
    ],
    examples: [
      {
        line: 'portolan apply --guard-forwarding',
        does: 'show the plan, ask, and carry it out; other interfaces do not forward to one another',
      },
      {
        line: 'portolan apply -f compose.yaml --yes',
        does: 'carry it out without a question, as a script does',
      },
    ],
    options: [...common, ...intent, 'rules', 'yes', 'force', 'fix'],
    positionals: 0,
    load: () => import('./commands/apply.ts'),
  },
  destroy: {
    usage: 'destroy [-f compose.yaml]... | -p PROJECT | --all [--rules] [--keep-leases] [--yes]',
    summary: 'Remove one project from this host, or with --all every project and all else of Portolan.',
    more: [
      'The project is that of -p, or else of the Compose file: the one that -f names, or the one found here.',
      'With none of them, and without --all, nothing is removed.',
    ],
    examples: [
      { line: 'portolan destroy -p shop', does: 'show what goes of project shop, ask, and remove it' },
      { line: 'portolan destroy --all --yes', does: 'remove everything of Portolan, without a question' },
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
    examples: [
      {
        line: 'portolan move web',
        does: 'the plan that gives network web another subnet; nothing is changed',
      },
      { line: 'portolan move web -f compose.yaml --yes', does: 'carry it out' },
    ],
    options: [...common, ...intent, 'rules', 'yes', 'force', 'fix'],
    needs: { force: 'yes' },
    positionals: 1,
    completes: 'network',
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
    examples: [
      { line: 'portolan script --format nft --backend nftables > firewall.nft', does: 'a script for nft -f' },
      {
        line: 'portolan script --host host.json --format sh --backend iptables-nft',
        does: 'a script for the host that host.json describes',
      },
    ],
    options: [...common, ...hostFiles, ...intent, 'format'],
    positionals: 0,
    load: () => import('./commands/script.ts'),
  },
  subnet: {
    usage:
      'subnet [--count N] [--size N] [--pool P]... [--cluster URL] [--reserve CIDR]... [--allow CIDR]... [--map] [--svg FILE]',
    summary: 'Pick subnets that collide with nothing on this host.',
    examples: [
      { line: 'portolan subnet --count 3 --reserve 10.0.0.0/8', does: 'three subnets outside 10.0.0.0/8' },
      { line: 'portolan subnet --pool 10.64.0.0/12:24 --map', does: "a picture of a pool of one's own" },
    ],
    options: [...common, ...hostFiles, ...subnets, 'count', 'size', 'ipv6', 'map', 'svg'],
    positionals: 0,
    load: () => import('./commands/subnet.ts'),
  },
  conflicts: {
    usage: 'conflicts [-f compose.yaml]... [--all]',
    summary:
      'Show only the conflicts of the planned state; with --all, a short list of them and of what is odd among the foreign rules.',
    examples: [
      {
        line: 'portolan conflicts',
        does: 'each conflict of the planned state, with an example and a remedy',
      },
      { line: 'portolan conflicts --all', does: 'a short list, and what is odd among the foreign rules' },
    ],
    options: [...common, ...hostFiles, ...intent, 'all'],
    positionals: 0,
    load: () => import('./commands/conflicts.ts'),
  },
  ...askingCommands,
  status: {
    usage: 'status [-p PROJECT | -f compose.yaml...] [--watch]',
    summary:
      'Show what is mapped now: a line for each mapping, with its open connections, its drift and its conflicts.',
    more: [
      'OPEN are open connections that were translated to the mapping. PACKETS and BYTES are those of these connections, in',
      'both directions, where the host counts them (net.netfilter.nf_conntrack_acct). NEW are the connections that its rules',
      'have translated since they were written (iptables). DRIFT says what is missing, changed or unwanted; of a project',
      'that was applied from a Compose file it says so of single mappings with -f alone.',
    ],
    examples: [
      { line: 'portolan status', does: 'what is mapped on this host now' },
      {
        line: 'portolan status -f compose.yaml --no-conflicts',
        does: 'one project, compared with what its file wants',
      },
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
    usage:
      'watch [-f compose.yaml]... | -p PROJECT | --intent etcd:///KEY [--check] [--once | --metrics ADDRESS:PORT]',
    summary:
      'Hold a project until stopped: repair what other programs take away, and tell of it and of conflicts.',
    more: [
      'With -p alone it is a project that a live host holds (openHost). Events are lines, with --json one object each.',
      'SIGHUP reads the files again and applies the difference; SIGTERM ends it and leaves the rules.',
      '--intent takes the Compose text under a key of etcd and applies each change of it. A text with an error, a key that',
      'is gone and an etcd that does not answer are told, and the last text that was taken stays in force.',
      '--metrics counts connections of mappings, their packets and bytes where net.netfilter.nf_conntrack_acct is 1.',
    ],
    examples: [
      {
        line: 'portolan watch -f compose.yaml --once',
        does: 'put the project in force, repair it once, and end: for a timer',
      },
      {
        line: 'portolan watch -f compose.yaml --once --check',
        does: 'only tell what differs from what is wanted',
      },
    ],
    options: [...common, ...intent, 'intent', 'check', 'once', 'metrics'],
    positionals: 0,
    load: () => import('./commands/watch.ts'),
  },
  ...attachingCommands,
  'docker-plugin': {
    usage: 'docker-plugin [--backend B] [--force] [--state DIR]',
    summary:
      'Serve Docker as a network driver and an IPAM driver until stopped: "docker network create -d portolan".',
    more: [
      'dockerd finds it at /run/docker/plugins/portolan.sock, which root alone may use; systemd may hand that socket over.',
      'SIGTERM ends it once the calls under way have their answers. Networks, addresses and ports stay, and running',
      'containers notice nothing: what was asked for is in the state directory, and the next one takes it up.',
    ],
    examples: [
      {
        line: 'portolan docker-plugin',
        does: 'then: docker network create -d portolan --ipam-driver portolan web',
      },
      {
        line: 'portolan docker-plugin --backend nftables',
        does: 'where dockerd itself runs with "iptables": false',
      },
    ],
    options: ['help', 'state', 'backend', 'force'],
    meaning: {
      force: 'start containers in spite of conflicts, which are told on standard error',
      backend:
        'auto (iptables, as dockerd has it, or nftables without it), iptables, iptables-nft, iptables-legacy or nftables',
    },
    positionals: 0,
    load: () => import('./commands/docker-plugin.ts'),
  },
  ...clusterCommand,
  inspect: {
    usage: 'inspect',
    summary: 'Print what is known of this host as JSON, valid for --host.',
    examples: [
      {
        line: 'portolan inspect > host.json',
        does: 'facts of this host in a file, for --host on another machine',
      },
      { line: 'portolan inspect --host host.json', does: 'the facts in a file, checked and completed' },
    ],
    options: [...always, ...hostFiles],
    positionals: 0,
    load: () => import('./commands/inspect.ts'),
  },
  completion: {
    usage: 'completion bash|zsh|fish',
    summary:
      'Print a script that lets a shell complete commands, options and names of projects and networks.',
    more: [
      'Put it where the shell looks for completions. It asks portolan for each word, and runs nothing that is typed.',
    ],
    examples: [
      {
        line: 'portolan completion bash > ~/.local/share/bash-completion/completions/portolan',
        does: 'for bash, from the next shell on',
      },
      {
        line: 'portolan completion fish > ~/.config/fish/completions/portolan.fish',
        does: 'for fish; for zsh it is a file _portolan in a folder of $fpath',
      },
    ],
    options: ['help'],
    positionals: 1,
    completes: ['bash', 'zsh', 'fish'],
    load: () => import('./commands/completion.ts'),
  },
  version: {
    usage: 'version',
    summary: 'Print the version, as --version, -V and -v do.',
    examples: [
      { line: 'portolan version', does: 'the version alone' },
      { line: 'portolan -v', does: 'the same' },
    ],
    options: always,
    positionals: 0,
    load: () => import('./commands/version.ts'),
  },
}
