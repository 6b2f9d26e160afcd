import type { Command } from './command.ts'
import { always, common, hostFiles, intent } from './options/option-sets.ts'

/** The options about an intent, each of which needs -f here, because these commands also work without an intent. */
const ofAnIntent: Command['needs'] = Object.fromEntries(
  [...intent, 'state' as const].flatMap((option) => (option === 'file' ? [] : [[option, 'file' as const]])),
)

/** The commands that tell of packets and rules, and change nothing; a part of `commands`. */
export const askingCommands: Readonly<Record<string, Command>> = {
  explain: {
    usage: 'explain [--from A[:PORT]] --to B:PORT/PROTOCOL [--in INTERFACE] [-f compose.yaml]...',
    summary:
      'Tell the way of a packet through the rules on this host as they are: what changes it, what stops it, where it ends.',
    examples: [
      {
        line: 'portolan explain --from 198.51.100.7 --to 192.0.2.2:8080/tcp',
        does: 'the way of a packet from another machine',
      },
      {
        line: 'portolan explain --to 127.0.0.1:8080/tcp -f compose.yaml',
        does: 'the way of a packet of a process on this host, with names of services',
      },
    ],
    options: [...common, ...hostFiles, 'from', 'to', 'in', ...intent],
    needs: ofAnIntent,
    positionals: 0,
    load: () => import('./commands/explain.ts'),
  },
  evaluate: {
    usage: 'evaluate [-f compose.yaml]... < packets > outcomes',
    summary:
      'Read packets from standard input, a JSON object a line; print the outcome of each as a line of JSON.',
    examples: [
      { line: 'portolan evaluate < packets.jsonl', does: 'an outcome for each packet, on this host' },
      {
        line: 'portolan evaluate --host host.json -f compose.yaml < packets.jsonl',
        does: 'the same on another host, with names of services',
      },
    ],
    options: [...common, ...hostFiles, ...intent],
    needs: ofAnIntent,
    positionals: 0,
    load: () => import('./commands/evaluate.ts'),
  },
  report: {
    usage: 'report [-f compose.yaml]... -o FILE',
    summary:
      'Write a page for a browser: conflicts, mappings with their state, an address map, and the way of any packet; change nothing.',
    more: [
      'The page is one file that loads nothing. It holds facts and rules of the host, so that it can be asked for the way of',
      'a packet: treat it as you treat those. A file that is no report is not written over.',
    ],
    examples: [
      { line: 'portolan report -o report.html', does: 'this host, with the Compose file here' },
      {
        line: 'portolan report --host host.json -f compose.yaml -o other.html',
        does: 'another host; --nft-json, --iptables-save and --ip6tables-save give its rules',
      },
    ],
    options: [...common, ...hostFiles, ...intent, 'output'],
    positionals: 0,
    load: () => import('./commands/report.ts'),
  },
  parse: {
    usage: 'parse FILE',
    summary: 'Read an iptables-save or nft JSON file and print it back as the kernel would.',
    examples: [
      { line: 'portolan parse rules.v4', does: 'the rules as the kernel would list them' },
      { line: 'portolan parse rules.v4 --json', does: 'the same as data' },
    ],
    options: always,
    positionals: 1,
    completes: 'file',
    load: () => import('./commands/parse.ts'),
  },
}
