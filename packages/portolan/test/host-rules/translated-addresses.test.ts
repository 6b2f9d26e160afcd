import { expect, test } from '@jest/globals'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import { noRules } from '../../src/host-rules/host-rules.ts'
import { lowerRules } from '../../src/host-rules/lower-rules.ts'
import { translatedAddresses } from '../../src/host-rules/translated-addresses.ts'

const saved = (lines: readonly string[]): iptables.Ruleset =>
  iptables.parse(
    `*nat\n:PREROUTING ACCEPT [0:0]\n:DOCKER - [0:0]\n${lines.join('\n')}\nCOMMIT\n`,
    'nat.save',
    'ip',
  )

test.each(['iptables-nft', 'iptables-legacy'] as const)(
  'destinations of DNAT in %s are found, ranges too',
  (variant) => {
    const ruleset = saved([
      '-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER',
      '-A DOCKER -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.77.0.9:80',
      '-A DOCKER -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.77.0.20-10.77.0.21',
      '-A DOCKER -p tcp -m tcp --dport 8082 -j DNAT --to-destination 10.0.0.0-10.255.255.255',
      '-A DOCKER -p tcp -m tcp --dport 8083 -j REDIRECT --to-ports 80',
    ])
    expect(translatedAddresses(lowerRules({ ...noRules, [variant]: ruleset }))).toEqual([
      '10.77.0.9',
      '10.77.0.20',
      '10.77.0.21',
    ])
  },
)

test('destinations in the maps of nftables are found, of both families', () => {
  const rule = (expr: readonly unknown[]) => ({
    rule: { family: 'inet', table: 'nat', chain: 'pre', handle: 9, expr },
  })
  const dport = { payload: { protocol: 'tcp', field: 'dport' } }
  const nft = nftables.parse(
    JSON.stringify({
      nftables: [
        { metainfo: { json_schema_version: 1 } },
        { table: { family: 'inet', name: 'nat', handle: 1 } },
        {
          chain: {
            family: 'inet',
            table: 'nat',
            name: 'pre',
            handle: 1,
            type: 'nat',
            hook: 'prerouting',
            prio: -100,
            policy: 'accept',
          },
        },
        rule([
          {
            dnat: {
              family: 'ip',
              addr: {
                map: {
                  key: dport,
                  data: {
                    set: [
                      [8080, '10.66.0.9'],
                      [8081, '10.66.0.10'],
                    ],
                  },
                },
              },
              port: 80,
            },
          },
        ]),
        rule([
          { match: { op: '==', left: dport, right: 8082 } },
          { dnat: { family: 'ip6', addr: 'fd66:1::9' } },
        ]),
      ],
    }),
    'nft.json',
  )
  expect(translatedAddresses(lowerRules({ ...noRules, nftables: nft }))).toEqual([
    '10.66.0.9',
    '10.66.0.10',
    'fd66:1::9',
  ])
})
