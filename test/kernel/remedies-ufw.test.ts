import { expect, test } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { engineRoom } from '../lab/neighbour/engine-room.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectClosed, expectUnheard } from './remedies/closed.ts'
import { families, gateways, openShop } from './remedies/shop.ts'

const labs = workerLabs()

const published = { protocol: 'tcp', port: 8080, timeoutMs: 1500 } as const

describeBeside('remedies beside a real ufw', ['ufw'], () => {
  test.each([
    ['--fix', 'nftables'],
    ['--fix', 'iptables-nft'],
    ['the remedies', 'iptables-legacy'],
  ] as const)('%s open the port behind the denials of ufw, %s', async (how, backend) => {
    await using lab = await labs.open()
    const ufw = await startUfw(lab, ['allow 22/tcp'])
    for (const family of families) await ufw.command('route', 'deny', 'from', addresses[family].neighbour)
    const before = await ufw.command('status')
    const shop = await openShop(lab, 'nat', backend)
    if (how === '--fix') {
      const { exitCode, stderr } = await shop.apply('--fix')
      expect(`${exitCode} ${stderr}`).toBe('0 ')
    } else {
      await shop.apply('--force')
      const commands = await shop.carryOutRemedies()
      expect(commands.filter((command) => /^ufw route allow /.test(command))).not.toEqual([])
    }
    const web = await shop.web()
    await lab.host.listen({ protocol: 'udp', port: 9000 })
    for (const family of families) {
      const destination = addresses[family].host
      expect(await lab.client.reach({ ...published, destination })).toMatchObject({ by: 'web' })
      await expectClosed(lab.neighbour, web, { ...published, destination })
      // Packets to the host itself are still refused.
      for (const own of [destination, gateways[family]]) await expectUnheard(web, lab.host, own, 9000)
    }
    const left = await shop.conflicts()
    expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(left.flatMap(({ remedy }) => remedy.commands)).toEqual([])
    const bans = left.filter(({ culprit }) => culprit?.text.includes(addresses.ip.neighbour))
    expect(bans.map(({ remedy }) => remedy.text)).toContainEqual(expect.stringContaining('the ban'))
    if (how !== '--fix') return
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await ufw.command('status')).toBe(before)
  })

  test('with IPV6=no, which drops all of IPv6, the remedy names that setting and has no commands', async () => {
    await using lab = await labs.open()
    const room = await engineRoom(lab)
    await room.mustRun(['sed', '-i', 's/IPV6=yes/IPV6=no/', '/etc/default/ufw'])
    const ufw = await startUfw(lab, ['allow 22/tcp'])
    const shop = await openShop(lab)
    expect((await shop.apply('--fix')).exitCode).toBe(3)
    await shop.apply('--force')
    const web = await shop.web()
    await expectClosed(lab.client, web, { ...published, destination: addresses.ip6.host })
    const dropped = (await shop.conflicts()).filter(({ culprit }) => culprit?.family === 'ip6')
    expect(dropped.filter(({ severity }) => severity === 'error').map(({ kind }) => kind)).toContain(
      'NeighbourDiscoveryDropped',
    )
    for (const { culprit, remedy } of dropped) {
      expect(culprit?.owner).toBe('ufw')
      expect(remedy).toEqual({
        text: expect.stringContaining('Set IPV6=yes in /etc/default/ufw'),
        commands: [],
      })
    }
    // After the remedy of the message is carried out, ufw gets commands as for IPv4.
    await room.mustRun(['sed', '-i', 's/IPV6=no/IPV6=yes/', '/etc/default/ufw'])
    await ufw.reload()
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    for (const family of families) {
      const destination = addresses[family].host
      expect(await lab.client.reach({ ...published, destination })).toMatchObject({
        by: 'web',
      })
    }
  })

  test('--fix adds only rules of IPv4 for a network with IPv4 only', async () => {
    await using lab = await labs.open()
    await startUfw(lab)
    const file = await lab.write(
      'four.yaml',
      'name: shop\nservices: { web: { networks: [front], ports: ["0.0.0.0:8080:80"] } }\nnetworks: { front: {} }\n',
    )
    const { exitCode } = await lab.portolan(['apply', '-f', file, '--backend', 'nftables', '--yes', '--fix'])
    expect(exitCode).toBe(0)
    expect(await lab.host.mustRun(['iptables', '-S', 'ufw-user-forward'])).toContain('-j ACCEPT')
    expect(await lab.host.mustRun(['ip6tables', '-S', 'ufw6-user-forward'])).not.toContain('-j ACCEPT')
  })

  test('a denial of the administrator stays, and no rule is offered against it', async () => {
    await using lab = await labs.open()
    const ufw = await startUfw(lab)
    await ufw.command('default', 'allow', 'routed')
    await ufw.command('route', 'deny', 'in', 'on', 'eth0', 'to', 'any', 'port', '80', 'proto', 'tcp')
    const before = await ufw.command('status')
    const shop = await openShop(lab)
    const { exitCode } = await shop.apply('--fix')
    expect(exitCode).toBe(3)
    const errors = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
    expect(errors.map(({ culprit }) => culprit?.chain).toSorted()).toEqual([
      'ufw-user-forward',
      'ufw6-user-forward',
    ])
    for (const { remedy } of errors)
      expect(remedy).toMatchObject({ text: expect.stringContaining('administrator'), commands: [] })
    expect(await ufw.command('status')).toBe(before)
  })

  test('destroy removes everything else while ufw fails, and the rules of ufw once it works again', async () => {
    await using lab = await labs.open()
    const ufw = await startUfw(lab, ['allow 22/tcp'])
    const before = await ufw.command('status')
    const shop = await openShop(lab)
    expect((await shop.apply('--fix')).exitCode).toBe(0)
    const failingUfw = '/run/lab/bin/ufw'
    await lab.host.mustRun(['mkdir', '-p', '/run/lab/bin'])
    await lab.host.writeText(failingUfw, '#!/bin/sh\necho "ERROR: problem running ufw-init" >&2\nexit 1\n')
    await lab.host.mustRun(['chmod', '+x', failingUfw])
    const environment = { PATH: `/run/lab/bin:${process.env.PATH}` }
    const destroy = () => lab.portolan(['destroy', '--all', '--yes'], { environment })
    for (let turn = 0; turn < 2; turn += 1) {
      const { exitCode, stderr } = await destroy()
      expect(exitCode).toBe(1)
      expect(stderr).toContain('ERROR: problem running ufw-init')
      expect(await lab.host.mustRun(['nft', 'list', 'tables'])).not.toContain('portolan')
    }
    await lab.host.mustRun(['rm', failingUfw])
    expect(await ufw.command('status')).not.toBe(before)
    expect((await destroy()).exitCode).toBe(0)
    expect(await ufw.command('status')).toBe(before)
  })
})
