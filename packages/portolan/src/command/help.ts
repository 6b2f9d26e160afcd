import { version } from '../version.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import type { OptionName } from './options.ts'

const optionHelp: Record<OptionName, string> = {
  file: '-f, --file FILE            the intent, a Compose file; may be repeated\n                           (default: COMPOSE_FILE, else compose.yaml, compose.yml, docker-compose.yaml or .yml here\n                           or in a parent folder, with its override file)',
  project: '-p, --project NAME         the project (default: `name` of the file, or its folder)',
  profile:
    '    --profile NAME         a Compose profile to include; may be repeated (default: COMPOSE_PROFILES)',
  'env-file':
    '    --env-file FILE        variables, instead of .env in the project folder; may be repeated\n                           (default: COMPOSE_ENV_FILES)',
  'project-directory':
    '    --project-directory D  where the paths in the files start from (default: the folder of the first file)',
  backend:
    '    --backend B            auto, nftables, iptables, iptables-nft or iptables-legacy (default: auto)',
  json: '    --json                 print JSON, and only JSON, on standard output',
  host: '    --host FILE            facts of a host as `portolan inspect` prints them, instead of this host',
  'iptables-save':
    '    --iptables-save FILE   output of iptables-save of that host; likewise --ip6tables-save,',
  'ip6tables-save': '                           --iptables-legacy-save, --ip6tables-legacy-save',
  'iptables-legacy-save': '',
  'ip6tables-legacy-save': '',
  'nft-json': '    --nft-json FILE        output of `nft -j list ruleset` of that host',
  state:
    '    --state DIR            where old sysctl values (and leases) are kept, the same for apply and destroy\n                           (default: /var/lib/portolan for root)',
  'keep-leases': '    --keep-leases          keep subnets, addresses and ports leased, for a later apply',
  yes: '-y, --yes                  do not ask',
  all: '    --all                  as a short list, with what is odd among the foreign rules',
  fix: '    --fix                  carry out remedies that have a documented hook',
  force: '    --force                apply in spite of conflicts',
  format: '    --format F             nft, nft-json, iptables-restore or sh',
  count: '    --count N              how many subnets (default: 1)',
  size: '    --size N               prefix length of each (default: as the pool has it)',
  pool: '    --pool P               classic, docker or BASE/LENGTH:SIZE, tried in the order given; may be repeated',
  reserve: '    --reserve CIDR         a range to avoid; may be repeated',
  allow: '    --allow CIDR           a range not to avoid, whatever the host says; may be repeated',
  'guard-forwarding':
    '    --guard-forwarding     drop what is forwarded between interfaces that are not ours',
  'no-sysctl': '    --no-sysctl            leave sysctls alone; what is off becomes a conflict',
  ipv6: '    --ipv6                 pick IPv6 subnets',
  map: '    --map                  draw the pools: what holds each part, what was passed over, what was picked',
  svg: '    --svg FILE             write the same picture as SVG (- is standard output)',
  from: '    --from A[:PORT]        the sender (IPv6 in brackets); a process of this host when left out',
  to: '    --to B:PORT/PROTOCOL   where it goes: 192.0.2.2:8080/tcp, [2001:db8::2]:53/udp, 192.0.2.2/icmp',
  in: '    --in INTERFACE         where it comes in (default: where the way back to the sender leaves)',
  help: '-h, --help                 this text',
  version: '-V, --version              the version',
}

/** What `portolan --help` prints. */
export const generalHelp = (): string => {
  const rows = Object.values(commands).map(({ usage, summary }) => `  portolan ${usage}\n      ${summary}`)
  return [
    `portolan ${version}: container host networking that explains itself`,
    '',
    ...rows,
    '',
    '`portolan COMMAND --help` lists the options of a command.',
    'Pools, reserved and allowed ranges may also stand in /etc/portolan/config.yaml and',
    '$XDG_CONFIG_HOME/portolan/config.yaml (~/.config); options have the last word.',
    'Exit codes: 0 done or nothing to do, 1 error, 2 there are changes, 3 conflicts that block, 4 no free subnet,',
    '130 Control-C was the answer to a question.',
  ].join('\n')
}

/** What `portolan COMMAND --help` prints. */
export const commandHelp = (command: Command): string =>
  [
    `portolan ${command.usage}`,
    '',
    command.summary,
    ...(command.more ?? []),
    '',
    ...command.options
      .map((option) => command.meaning?.[option] ?? optionHelp[option])
      .filter((line) => line !== ''),
  ].join('\n')
