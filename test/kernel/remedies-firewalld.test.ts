import { expect, test } from '@jest/globals'
import { type Lab, openLab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { engineRoom } from '../lab/neighbour/engine-room.ts'
import { startFirewalld } from '../lab/neighbour/firewalld.ts'
import { addresses } from '../lab/topology.ts'
import { openShop } from './remedies/shop.ts'

const quick = { timeoutMs: 400 } as const
const direct = { protocol: 'tcp', destination: '172.30.1.10', port: 80, timeoutMs: 1500 } as const

/** What firewalld is set to, for good and at run time. */
const settings = async (lab: Lab): Promise<string> => {
  // firewalld copies a zone that comes with it to /etc once it was changed, and leaves it there.
  const files =
    'cd /etc/firewalld; find . -type f ! -name "*.old" ! -name public.xml | sort | xargs tail -n +1'
  const room = await engineRoom(lab)
  return `${await room.mustRun(['sh', '-c', files])}\n${await firewalldRules(lab)}`
}

const firewalldRules = ({ host }: Lab): Promise<string> =>
  host.mustRun(['nft', 'list', 'table', 'inet', 'firewalld'])

describeBeside('what Portolan asks of a real firewalld', ['firewalld'], () => {
  test('nothing, on account of a warning while every mapping works', async () => {
    await using lab = await openLab()
    await startFirewalld(lab)
    const before = await settings(lab)
    const shop = await openShop(lab)
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    const web = await shop.web()
    const published = { ...direct, destination: addresses.ip.host, port: 8080 }
    expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
    expect((await shop.conflicts()).map(({ severity }) => severity)).toContain('warning')
    await lab.host.listen({ protocol: 'tcp', port: 9000 })
    expect(
      await web.probe({ protocol: 'tcp', destination: '172.30.1.1', port: 9000, ...quick }),
    ).not.toHaveProperty('by')
    expect(await settings(lab)).toBe(before)
  })

  test.each(['--fix', 'the remedies'])(
    '%s let through what is forwarded to a routed port, behind the bans of a zone, and nothing to the host',
    async (how) => {
      await using lab = await openLab()
      const firewalld = await startFirewalld(lab)
      // A zone for banned sources, and a policy of the administrator that has the name which ours would take.
      await firewalld.command('--permanent', '--zone=drop', `--add-source=${addresses.ip.outside}`)
      if (how === '--fix') await firewalld.command('--permanent', '--new-policy=pl-br-front')
      await firewalld.reload()
      const before = await settings(lab)
      const shop = await openShop(lab, 'routed')
      if (how === '--fix') {
        const { exitCode, stderr } = await shop.apply('--fix')
        expect(`${exitCode} ${stderr}`).toBe('0 ')
      } else {
        await shop.apply('--force')
        expect(await shop.carryOutRemedies()).toContain('firewall-cmd --reload')
      }
      const web = await shop.web()
      expect(await lab.neighbour.probe(direct)).toMatchObject({ by: 'web' })
      expect(await lab.neighbour.probe({ ...direct, ...quick, port: 81 })).not.toHaveProperty('by')
      expect(await lab.outside.probe({ ...direct, ...quick })).not.toHaveProperty('by')
      await lab.host.listen({ protocol: 'tcp', port: 9000 })
      for (const destination of ['172.30.1.1', addresses.ip.host])
        expect(await web.probe({ protocol: 'tcp', destination, port: 9000, ...quick })).not.toHaveProperty(
          'by',
        )
      const left = await shop.conflicts()
      expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
      if (how !== '--fix') return
      expect(await firewalld.command('--permanent', '--get-policies')).toContain('p2-br-front')
      expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
      expect(await settings(lab)).toBe(before)
    },
  )

  test('no reload, where it would close what is open at run time only', async () => {
    await using lab = await openLab()
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
    expect(await lab.client.probe(open)).toMatchObject({ by: 'host' })
    // What the message says is done, and it works.
    await firewalld.command('--runtime-to-permanent')
    const { exitCode, stderr } = await shop.apply('--fix')
    expect(`${exitCode} ${stderr}`).toBe('0 ')
    await shop.web()
    expect(await lab.neighbour.probe(direct)).toMatchObject({ by: 'web' })
    expect(await lab.client.probe(open)).toMatchObject({ by: 'host' })
    // Nor when it is taken back.
    await firewalld.command('--add-port=9001/tcp')
    await lab.host.listen({ protocol: 'tcp', port: 9001 })
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await lab.client.probe({ ...open, port: 9001 })).toMatchObject({ by: 'host' })
    expect(await firewalldRules(lab)).not.toContain('172.30.1.10')
  })

  test('its setting, where StrictForwardPorts refuses whatever firewalld does not forward itself', async () => {
    await using lab = await openLab()
    const firewalld = await startFirewalld(lab, { StrictForwardPorts: 'yes' })
    const shop = await openShop(lab)
    const refused = await shop.apply('--fix')
    expect(refused.exitCode).toBe(3)
    const dead = (await shop.conflicts()).filter(({ severity }) => severity === 'error')
    expect(dead).not.toEqual([])
    for (const { remedy } of dead) {
      expect(remedy.text).toContain('StrictForwardPorts=no')
      expect(remedy.commands).toEqual([])
    }
    // What the message says is done, and it works.
    const room = await engineRoom(lab)
    const configuration = '/etc/firewalld/firewalld.conf'
    await room.mustRun(['sed', '-i', 's/^StrictForwardPorts=.*/StrictForwardPorts=no/', configuration])
    await firewalld.restart()
    expect((await shop.apply()).exitCode).toBe(0)
    await shop.web()
    const published = { ...direct, destination: addresses.ip.host, port: 8080 }
    expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
  })
})
