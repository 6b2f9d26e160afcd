import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { runExample } from './run-example.ts'

const folder = new URL('../../examples/', import.meta.url)

/** The output of each example, one entry for each line. */
const printed: Readonly<Record<string, readonly unknown[]>> = {
  '01-plan.ts': [
    'default: 10.0.0.0/16',
    '  not 172.17.0.0/16: route 172.17.0.0/16 via wg0 in table 51820',
    'nginx: 10.0.0.1',
    expect.stringMatching(/^error HostPortTaken: caddy already listens on 0\.0\.0\.0:8080\/tcp\./),
    '  Publish on another host port or on another host address, or stop caddy first.',
    expect.stringMatching(/^\d\d to add, 2 to change, 0 to remove$/),
  ],
  '02-subnets.ts': [
    'web: 172.16.42.0/24, gateway 172.16.42.1, of pool classic',
    '  not 172.17.0.0/16: nameserver 172.17.0.23',
    '  not 10.0.0.0/16: route 10.0.0.0/8 via tun0',
    '  not 10.1.0.0/16: route 10.0.0.0/8 via tun0',
    '  not 10.42.0.0/16: route 10.0.0.0/8 via tun0',
    "data: a /64 of this machine's own, by RFC 4193",
    'build: 10.200.4.0/24',
    'POOL_EXHAUSTED: 1 reason',
  ],
  '03-dialect-alone.ts': [
    '$ nft -j list table inet portolan',
    expect.stringMatching(/^\d+ changes, such as: tcp \. 8080 .* : 172\.17\.0\.1 \. 80$/),
    '$ nft -f -',
    expect.stringMatching(/^ {2}.*tcp \. 8080 .* : 172\.17\.0\.1 \. 80/),
  ],
  '04-script.ts': [
    expect.stringMatching(/^nft: 8080 .* : 172\.17\.0\.1 \. 80,?$/),
    expect.stringMatching(/^nft-json: 8080\].*\["172\.17\.0\.1",80\]/),
    expect.stringMatching(/^iptables-restore: 8080 .* -j DNAT --to-destination 172\.17\.0\.1:80$/),
    expect.stringMatching(/^sh: 8080 .* -j DNAT --to-destination 172\.17\.0\.1:80$/),
  ],
  '05-contract.ts': [
    'a client to the published port: delivered, seen as own',
    'a client to the container: dropped',
    'a client to the port for the office: dropped',
    'the office to the port for the office: delivered, seen as own',
    'the host to 127.0.0.1: delivered, seen as gateway',
    'the container to itself, by the host: delivered, seen as gateway',
    'the container to another network: dropped',
    'the container to the outside: outside',
    'a client to an unpublished port: local',
  ],
  '06-conflicts.ts': [
    'error ForwardDropped: -P FORWARD DROP',
    '  seen with 198.51.100.7 to 192.0.2.2:8080',
    expect.stringMatching(
      /^ {2}iptables-nft -t filter -A DOCKER-USER -o br-\S+ -d 172\.17\.0\.1 -p tcp --dport 80 -j ACCEPT$/,
    ),
    expect.stringMatching(
      /^ {2}iptables-nft -t filter -A DOCKER-USER -i br-\S+ -s 172\.17\.0\.1 -p tcp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT$/,
    ),
    'warning ForwardDropped: -A DOCKER-USER -s 198.51.100.66/32 -j DROP',
    '  seen with 198.51.100.66 to 192.0.2.2:8080',
    expect.stringMatching(/^ {2}Leave it, if these sources are meant to be refused\./),
  ],
  '07-ask-a-firewall.ts': [
    'A TCP packet from 192.0.2.9 to 192.0.2.2:22 comes in by eth0.',
    '',
    '  input  A rule lets it pass.',
    '         iptables-nft, table ip filter, chain INPUT, rule 1:',
    '           -A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT',
    '',
    expect.stringMatching(/^It reaches this host itself, at 192\.0\.2\.2:22, .* The answer comes back\.$/),
    'A TCP packet from 198.51.100.7 to 192.0.2.2:22 comes in by eth0.',
    '',
    '  input  The policy of INPUT drops it.',
    '         iptables-nft, table ip filter, chain INPUT, policy:',
    '           -P INPUT DROP',
    '',
    expect.stringMatching(/^Dropped by the policy of chain INPUT/),
  ],
  '08-test-a-firewall.ts': [
    'table ip firewall {',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    '    ip saddr 172.16.0.0/12 drop',
    '  }',
    '}',
    '0.0.0.0:8080/tcp -> web:80 cannot be reached from eth0. The packets arrive, but no reply comes back. Rule 1 of chain forward (nft, table ip firewall) drops the replies: `ip saddr 172.16.0.0/12 drop`.',
    'A TCP packet from 198.51.100.7:40000 to 192.0.2.2:8080 comes in by eth0.',
    '',
    '  prerouting  Portolan sends it to 172.17.0.1:80 instead.',
    expect.stringMatching(/chain published_ports/),
    expect.stringMatching(/dport map @dnat4$/),
    expect.stringMatching(/^ {2}routing {5}This host sends it out by br-/),
    '  forward     Portolan lets it pass.',
    expect.stringMatching(/reached from forward:$/),
    expect.stringMatching(/ct status dnat accept/),
    '',
    'The answer, on its way back:',
    expect.stringMatching(/^ {2}routing {5}This host sends it out by eth0/),
    '  forward     Portolan lets it pass.',
    '              nft, table inet portolan, chain forward, rule 1:',
    expect.stringMatching(/^ {16}ct state established .* accept$/),
    '  forward     A rule drops it.',
    '              nft, table ip firewall, chain forward, rule 1 (handle 3):',
    '                ip saddr 172.16.0.0/12 drop',
    '',
    expect.stringMatching(/^Dropped on the way back by rule 1 of chain forward \(nft, table ip firewall\)\./),
  ],
}

const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))

describe('every example', () => {
  test('is numbered, and its output is known here', () => {
    expect(files).toEqual(Object.keys(printed))
    expect(files.map((name) => Number(name.slice(0, 2)))).toEqual(files.map((_, index) => index + 1))
  })

  test.each(files)('%s runs and prints what it shows', async (name) => {
    expect(await runExample(new URL(name, folder))).toEqual(printed[name])
  })
})
