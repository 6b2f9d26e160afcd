import { expect, test } from '@jest/globals'
import type { Container } from '../lab/container.ts'
import type { Lab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { type Firewalld, startFirewalld } from '../lab/neighbour/firewalld.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectClosed, expectUnheard } from './remedies/closed.ts'
import { settings } from './remedies/firewalld-settings.ts'
import { families, gateways, openShop, type Shop, webAt } from './remedies/shop.ts'

const labs = workerLabs()

const direct = { protocol: 'tcp', port: 80, timeoutMs: 1500 } as const

/** The prefixes of the network on eth0. */
const prefixesOfEth0 = ['192.0.2.0/24', '2001:db8:1::/64']
/** The prefixes behind the router on eth1. */
const prefixesBehindEth1 = ['203.0.113.0/24', '2001:db8:3::/64']

type Words = readonly string[]

const startWithZones = async (lab: Lab, ...all: readonly Words[]): Promise<Firewalld> => {
  const firewalld = await startFirewalld(lab)
  for (const words of all) await firewalld.command('--permanent', ...words)
  await firewalld.reload()
  return firewalld
}

const sources = (zone: string, prefixes: readonly string[]): readonly Words[] => [
  [`--zone=${zone}`, ...prefixes.map((prefix) => `--add-source=${prefix}`)],
]

/** Expects that these machines reach the port, and nothing else of the container or the host. */
const expectServed = async (lab: Lab, web: Container, names: readonly Name[]): Promise<void> => {
  await lab.host.listen({ protocol: 'udp', port: 9000 })
  for (const family of families)
    for (const name of names) {
      const destination = webAt[family]
      expect({ name, ...(await lab[name].probe({ ...direct, destination })) }).toMatchObject({
        name,
        by: 'web',
      })
      await expectClosed(lab[name], web, { ...direct, destination, port: 81 })
      await expectUnheard(web, lab.host, gateways[family], 9000)
    }
}

type Name = 'neighbour' | 'outside' | 'distant'

/**
 * The message without its culprit. The number and text of a dispatcher rule change when Portolan's bridge is in a zone.
 */
const effectOf = (message: string): string => message.replace(/\. Firewalld's .*/, '.')

const errorsNow = async (shop: Shop): Promise<readonly string[]> =>
  (await shop.conflicts())
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => effectOf(message))

/** The errors in the output of an apply. */
const errorsIn = (stdout: string): readonly string[] =>
  [...stdout.matchAll(/^ *error \w+: (.+)$/gm)].map(([, message = '']) => effectOf(message))

describeBeside('remedies beside a real firewalld with sources in a zone', ['firewalld'], () => {
  test.each([
    ['another zone than that of the interface', 'home', 'nftables', prefixesOfEth0],
    ['another zone than that of the interface', 'home', 'iptables-nft', prefixesOfEth0],
    ['the zone that the interface is in too', 'public', 'nftables', prefixesBehindEth1],
    ['the zone that the interface is in too', 'public', 'iptables-nft', prefixesBehindEth1],
  ] as const)(
    '%s (%s): --fix opens the port to the sources of the zone, and destroy restores the settings, %s',
    async (_, zone, backend, prefixes) => {
      await using lab = await labs.open()
      await startWithZones(lab, ...sources(zone, prefixes))
      const before = await settings(lab)
      const shop = await openShop(lab, 'routed', backend)
      const { exitCode, stderr, stdout } = await shop.apply('--fix')
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      expect(errorsIn(stdout)).toEqual([])
      expect((await shop.conflicts()).map(({ message }) => message)).toEqual([])
      const web = await shop.web()
      await expectServed(lab, web, ['neighbour', 'outside', 'distant'])
      // Bridged packets pass the rules too, and so do IPv6 neighbour discovery messages.
      const mate = await lab.container({
        ...{ name: 'mate', bridge: 'br-front', gateway: gateways.ip, gateway6: gateways.ip6 },
        ...{ address: '172.30.1.20/24', address6: 'fd00:30:1::20/64' },
      })
      for (const family of families)
        expect(await mate.reach({ ...direct, destination: webAt[family] })).toMatchObject({ by: 'web' })
      expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
      expect(await settings(lab)).toBe(before)
    },
  )

  test('another zone than that of the interface: the commands of the remedies open the port to its sources', async () => {
    await using lab = await labs.open()
    await startWithZones(lab, ...sources('home', prefixesOfEth0))
    const shop = await openShop(lab, 'routed')
    await shop.apply('--force')
    await shop.carryOutAllRemedies()
    expect(await errorsNow(shop)).toEqual([])
    await expectServed(lab, await shop.web(), ['neighbour', 'outside', 'distant'])
  })

  test.each<[string, string, readonly Words[]]>([
    ['drops the sources', 'drop', sources('drop', prefixesOfEth0)],
    ['rejects the sources', 'block', sources('block', prefixesOfEth0)],
    ['has no open port', 'banned', [['--new-zone=banned'], ...sources('banned', prefixesOfEth0)]],
  ])(
    'a zone that %s stays closed: --fix is blocked, names the zone and changes nothing, %s',
    async (_, zone, words) => {
      await using lab = await labs.open()
      await startWithZones(lab, ...words)
      const before = await settings(lab)
      const shop = await openShop(lab, 'routed')
      const refused = await shop.apply('--fix')
      expect(refused.exitCode).toBe(3)
      expect(await settings(lab)).toBe(before)
      const expected = errorsIn(refused.stdout)
      expect(expected).toEqual([
        `${webAt.ip}:80/tcp -> web:80 cannot be reached from eth0.`,
        `[${webAt.ip6}]:80/tcp -> web:80 cannot be reached from eth0.`,
      ])
      expect(refused.stdout).toContain(`firewall-cmd --info-zone=${zone}`)
      const forced = await shop.apply('--fix', '--force')
      expect(errorsIn(forced.stdout)).toEqual(expected)
      expect(await errorsNow(shop)).toEqual(expected)
      const web = await shop.web()
      for (const family of families) {
        const destination = webAt[family]
        expect(await lab.outside.reach({ ...direct, destination })).toMatchObject({ by: 'web' })
        await expectClosed(lab.neighbour, web, { ...direct, destination })
      }
    },
  )

  test('a zone that drops all other packets and has the interface too: the remedy has its name and the command that shows it', async () => {
    await using lab = await labs.open()
    await startWithZones(
      lab,
      ['--zone=public', '--set-target=DROP'],
      ...sources('public', prefixesBehindEth1),
    )
    const before = await settings(lab)
    const shop = await openShop(lab, 'routed')
    expect((await shop.apply('--fix')).exitCode).toBe(3)
    expect(await settings(lab)).toBe(before)
    const errors = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
    // A reject rule that no packet reaches is not reported beside the rule before it.
    expect(errors.map(({ culprit }) => culprit?.chain)).toEqual(Array(2).fill('filter_FORWARD_POLICIES'))
    for (const { remedy } of errors) {
      expect(remedy.commands).toEqual([])
      expect(remedy.text).toContain('firewall-cmd --info-zone=public')
      expect(remedy.text).not.toMatch(/(change|delete) that rule/i)
    }
  })
})
