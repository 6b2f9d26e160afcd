import { expect, test } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { engineRoom } from '../lab/neighbour/engine-room.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { startPodman } from '../lab/neighbour/podman.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectClosed, expectUnheard } from './remedies/closed.ts'
import { firewalldRules, settings } from './remedies/firewalld-settings.ts'
import { direct, expectRouted, writeBans } from './remedies/firewalld-steps.ts'
import { families, gateways, openShop, webAt } from './remedies/shop.ts'

const labs = workerLabs()

describeBeside('remedies beside a real firewalld', ['firewalld', 'podman'], () => {
  test('--fix changes nothing for a warning while every mapping works', async () => {
    await using lab = await labs.open()
    await startFirewalld(lab)
    const before = await settings(lab)
    const shop = await openShop(lab)
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    const web = await shop.web()
    const published = { ...direct, destination: addresses.ip.host, port: 8080 }
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web' })
    expect((await shop.conflicts()).map(({ severity }) => severity)).toContain('warning')
    await lab.host.listen({ protocol: 'udp', port: 9000 })
    for (const family of families) await expectUnheard(web, lab.host, gateways[family], 9000)
    expect(await settings(lab)).toBe(before)
  })

  test.each([
    ['--fix', 'nftables'],
    ['--fix', 'iptables-nft'],
    ['the remedies', 'nftables'],
  ] as const)(
    '%s open a routed port behind the bans of firewalld, and open nothing of the host, %s',
    async (how, backend) => {
      await using lab = await labs.open()
      const firewalld = await startFirewalld(lab)
      const isFix = how === '--fix'
      await writeBans(lab)
      // The administrator has a policy with the name that Portolan would use.
      if (isFix)
        await lab.host.writeText('/etc/firewalld/policies/pl-br-front.xml', '<policy target="CONTINUE"/>')
      await firewalld.reload()
      const before = await settings(lab)
      const shop = await openShop(lab, 'routed', backend)
      if (isFix) {
        const { exitCode, stderr } = await shop.apply('--fix')
        expect(`${exitCode} ${stderr}`).toBe('0 ')
        expect(await firewalld.command('--permanent', '--get-policies')).toContain('p2-br-front')
      } else {
        await shop.apply('--force')
        // Several remedies share one policy, and none disturbs another.
        const commands = await shop.carryOutAllRemedies()
        const made = commands.filter((command) => command.includes(' --new-policy=pl-br-front'))
        expect(made.length).toBeGreaterThan(1)
        expect(await shop.carryOutRemedies()).toEqual([])
      }
      const web = await shop.web()
      await lab.host.listen({ protocol: 'udp', port: 9000 })
      await expectRouted(lab, web)
      for (const family of families) {
        const destination = webAt[family]
        for (const banned of [lab.outside, lab.distant])
          await expectClosed(banned, web, { ...direct, destination })
        for (const own of [gateways[family], addresses[family].host])
          await expectUnheard(web, lab.host, own, 9000)
      }
      const left = await shop.conflicts()
      expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(left.map(({ remedy }) => remedy.text)).toContainEqual(expect.stringContaining('the ban'))
      if (!isFix) return
      expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
      expect(await settings(lab)).toBe(before)
    },
  )

  test.each(['nftables', 'iptables'])(
    'in panic mode, in which nothing passes, the remedy is the command that ends it, with %s',
    async (FirewallBackend) => {
      await using lab = await labs.open()
      const firewalld = await startFirewalld(lab, { FirewallBackend })
      const shop = await openShop(lab)
      expect((await shop.apply()).exitCode).toBe(0)
      const web = await shop.web()
      await firewalld.command('--panic-on')
      const published = { ...direct, destination: addresses.ip.host, port: 8080 }
      await expectClosed(lab.client, web, published)
      const errors = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
      expect(errors.map(({ mapping }) => mapping)).toContain(null)
      for (const { culprit } of errors)
        expect(culprit).toMatchObject({
          owner: 'firewalld',
          tool: FirewallBackend === 'nftables' ? 'nft' : 'iptables-nft',
        })
      const commands = new Set(errors.map(({ remedy }) => /`([^`]+)`/.exec(remedy.text)?.[1] ?? remedy.text))
      expect([...commands]).toEqual(['firewall-cmd --panic-off'])
      // The administrator decides when panic mode ends.
      expect((await shop.apply('--fix')).exitCode).toBe(3)
      expect(await firewalld.command('--query-panic').catch(() => 'no')).toBe('yes\n')
      const room = await engineRoom(lab)
      for (const command of commands) await room.mustRun(['sh', '-c', command])
      expect(await lab.client.reach(published)).toMatchObject({ by: 'web' })
      expect((await shop.apply()).exitCode).toBe(0)
    },
  )

  test('with the iptables backend of firewalld a remedy has no commands, because a reload deletes foreign rules', async () => {
    await using lab = await labs.open()
    const firewalld = await startFirewalld(lab, { FirewallBackend: 'iptables' })
    const before = await settings(lab)
    const shop = await openShop(lab, 'routed', 'iptables-nft')
    expect((await shop.apply('--fix')).exitCode).toBe(3)
    expect(await settings(lab)).toBe(before)
    const errors = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
    for (const { remedy } of errors)
      expect(remedy).toEqual({ text: expect.stringContaining('Then run "portolan apply'), commands: [] })
    // After the remedy of the message is carried out, it works.
    const rules = ['4', '6'].map(
      (version, at) =>
        `<rule family="ipv${version}"><destination address="${Object.values(webAt)[at]}"/><port port="80" protocol="tcp"/><accept/></rule>`,
    )
    const zones = '<ingress-zone name="public"/><egress-zone name="ANY"/>'
    const policy = `<policy target="CONTINUE" priority="10">${zones}${rules.join('')}</policy>`
    await (await engineRoom(lab)).mustRun(['mkdir', '-p', '/etc/firewalld/policies'])
    await lab.host.writeText('/etc/firewalld/policies/shop.xml', policy)
    await firewalld.command('--permanent', '--zone=public', '--add-interface=br-front')
    await firewalld.reload()
    expect((await shop.apply()).exitCode).toBe(0)
    await expectRouted(lab, await shop.web())
  })

  test('--fix is refused where a reload would close a port that is open at run time only', async () => {
    await using lab = await labs.open()
    const firewalld = await startFirewalld(lab)
    await firewalld.command('--add-port=9000/tcp')
    await lab.host.listen({ protocol: 'tcp', port: 9000 })
    const before = await settings(lab)
    const shop = await openShop(lab, 'routed')
    const refused = await shop.apply('--fix')
    expect(refused.exitCode).toBe(3)
    expect(refused.stdout).toContain('ports 9000/tcp of zone public is set at run time only')
    expect(await settings(lab)).toBe(before)
    const open = { ...direct, destination: addresses.ip.host, port: 9000 }
    expect(await lab.client.reach(open)).toMatchObject({ by: 'host' })
    // After the remedy of the message is carried out, it works.
    await firewalld.command('--runtime-to-permanent')
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    await shop.web()
    expect(await lab.neighbour.reach(direct)).toMatchObject({ by: 'web' })
    expect(await lab.client.reach(open)).toMatchObject({ by: 'host' })
    // The same after the remedy is undone.
    await firewalld.command('--add-port=9001/tcp')
    await lab.host.listen({ protocol: 'tcp', port: 9001 })
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await lab.client.reach({ ...open, port: 9001 })).toMatchObject({ by: 'host' })
    expect(await firewalldRules(lab)).not.toContain('172.30.1.10')
  })

  test.each<[string, readonly (readonly string[])[], readonly string[], string]>([
    [
      'a direct rule',
      [],
      ['--direct', '--add-rule', 'ipv4', 'filter', 'FORWARD', '0', '-s', addresses.ip.outside, '-j', 'DROP'],
      `direct rule ipv4 filter FORWARD 0 -s ${addresses.ip.outside} -j DROP is set at run time only`,
    ],
    [
      'an entry of an ipset, as fail2ban adds them',
      [
        ['--permanent', '--new-ipset=banned', '--type=hash:ip'],
        ['--permanent', '--zone=drop', '--add-source=ipset:banned'],
        ['--reload'],
      ],
      ['--ipset=banned', `--add-entry=${addresses.ip.outside}`],
      `ipset banned ${addresses.ip.outside} is set at run time only`,
    ],
  ])(
    'no command is offered where a reload would lose a ban that is set at run time only: %s',
    async (_, lasting, ban, expected) => {
      await using lab = await labs.open()
      const firewalld = await startFirewalld(lab)
      for (const words of lasting) await firewalld.command(...words)
      await firewalld.command(...ban)
      const shop = await openShop(lab, 'routed')
      await shop.apply('--force')
      const web = await shop.web()
      const found = await shop.conflicts()
      const errors = found.filter(({ severity }) => severity === 'error')
      expect(errors).not.toEqual([])
      for (const { remedy } of errors) expect(remedy.text).toContain(expected)
      expect(found.flatMap(({ remedy }) => remedy.commands)).toEqual([])
      await expectClosed(lab.outside, web, direct)
      // After the remedy of the message is carried out, it works.
      await firewalld.command('--runtime-to-permanent')
      await shop.carryOutAllRemedies()
      expect(await lab.neighbour.reach(direct)).toMatchObject({ by: 'web' })
      await expectClosed(lab.outside, web, direct)
    },
  )

  test('after --fix, the next apply closes our way to a network that another engine makes later', async () => {
    await using lab = await labs.open()
    const firewalld = await startFirewalld(lab)
    const shop = await openShop(lab, 'routed')
    expect((await shop.apply('--fix')).exitCode).toBe(0)
    const web = await shop.web()
    const podman = await startPodman(lab)
    await podman.createNetwork(
      'late',
      ...['--disable-dns', '--ipv6', '--subnet=10.66.0.0/24', '--subnet=fd00:66::/64'],
    )
    const hidden = await podman.run({ name: 'hidden', network: 'late' })
    const hiddenAt = [hidden.address, hidden.address6 ?? '']
    for (const destination of hiddenAt)
      expect(await web.reach({ ...direct, destination })).toMatchObject({ by: 'hidden' })
    const planned = await lab.portolan(['plan', ...shop.words])
    expect(planned.exitCode).toBe(2)
    expect(planned.stdout).toContain('Close networks of other engines that came later')
    expect(await shop.conflicts()).toMatchObject([
      { kind: 'Bypassed', severity: 'warning', message: expect.stringContaining('10.66.0.0/24') },
    ])
    // Without a reload, which would delete Podman's run-time settings.
    const { exitCode, stderr } = await shop.apply()
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    for (const destination of hiddenAt) await expectClosed(web, hidden, { ...direct, destination })
    expect(await shop.conflicts()).toEqual([])
    expect((await lab.portolan(['plan', ...shop.words])).exitCode).toBe(0)
    await firewalld.reload()
    for (const destination of hiddenAt) await expectClosed(web, hidden, { ...direct, destination })
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await firewalldRules(lab)).not.toContain('172.30.1.')
  })

  test('--fix is refused where a reload would drop settings of Podman, until they are saved as the message says', async () => {
    await using lab = await labs.open()
    await startFirewalld(lab)
    const podman = await startPodman(lab)
    await podman.run({ name: 'theirs', publish: ['8090:80'] })
    const theirs = { ...direct, destination: addresses.ip.host, port: 8090 }
    expect(await lab.client.reach(theirs)).toMatchObject({ by: 'theirs' })
    const shop = await openShop(lab, 'routed')
    const refused = await shop.apply('--fix')
    expect(refused).toMatchObject({ exitCode: 3 })
    expect(refused.stdout).toMatch(/10\.88\.0\.0\/16 of zone trusted is set at run time only/)
    const command = /\((firewall-cmd --runtime-to-permanent)\)/.exec(refused.stdout)?.[1] ?? 'false'
    await (await engineRoom(lab)).mustRun(['sh', '-c', command])
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    await shop.web()
    expect(await lab.neighbour.reach(direct)).toMatchObject({ by: 'web' })
    expect(await lab.client.reach(theirs)).toMatchObject({ by: 'theirs' })
  })

  test('the remedy for StrictForwardPorts names that setting, and the port answers once it is changed', async () => {
    await using lab = await labs.open()
    const firewalld = await startFirewalld(lab, { StrictForwardPorts: 'yes' })
    const shop = await openShop(lab)
    const refused = await shop.apply('--fix')
    expect(refused.exitCode).toBe(3)
    const errors = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
    expect(errors).not.toEqual([])
    for (const { remedy } of errors) {
      expect(remedy.text).toContain('StrictForwardPorts=no')
      expect(remedy.commands).toEqual([])
    }
    // After the remedy of the message is carried out, it works.
    const room = await engineRoom(lab)
    const configuration = '/etc/firewalld/firewalld.conf'
    await room.mustRun(['sed', '-i', 's/^StrictForwardPorts=.*/StrictForwardPorts=no/', configuration])
    await firewalld.restart()
    expect((await shop.apply()).exitCode).toBe(0)
    await shop.web()
    const published = { ...direct, destination: addresses.ip.host, port: 8080 }
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web' })
  })
})
