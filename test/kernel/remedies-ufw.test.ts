import { expect, test } from '@jest/globals'
import { openLab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { addresses } from '../lab/topology.ts'
import { openShop } from './remedies/shop.ts'

const published = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 1500 } as const
const quick = { timeoutMs: 400 } as const

describeBeside('what Portolan asks of a real ufw', ['ufw'], () => {
  test.each(['--fix', 'the remedies'])('%s route packets behind the denials that ufw has', async (how) => {
    await using lab = await openLab()
    const ufw = await startUfw(lab, ['allow 22/tcp'])
    await ufw.command('route', 'deny', 'from', addresses.ip.neighbour)
    const before = await ufw.command('status')
    const shop = await openShop(lab)
    if (how === '--fix') {
      const { exitCode, stderr } = await shop.apply('--fix')
      expect(`${exitCode} ${stderr}`).toBe('0 ')
    } else {
      await shop.apply('--force')
      const commands = await shop.carryOutRemedies()
      expect(commands.filter((command) => /^ufw route allow /.test(command))).not.toEqual([])
    }
    const web = await shop.web()
    expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
    expect(await lab.neighbour.probe({ ...published, ...quick })).not.toHaveProperty('by')
    // What is addressed to the host itself is refused still.
    await lab.host.listen({ protocol: 'tcp', port: 9000 })
    for (const destination of [addresses.ip.host, '172.30.1.1'])
      expect(await web.probe({ protocol: 'tcp', destination, port: 9000, ...quick })).not.toHaveProperty('by')
    const left = await shop.conflicts()
    expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(left.flatMap(({ remedy }) => remedy.commands)).toEqual([])
    if (how !== '--fix') return
    expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
    expect(await ufw.command('status')).toBe(before)
  })

  test('a denial of the administrator is left alone, and no rule is offered against it', async () => {
    await using lab = await openLab()
    const ufw = await startUfw(lab)
    await ufw.command('default', 'allow', 'routed')
    await ufw.command('route', 'deny', 'in', 'on', 'eth0', 'to', 'any', 'port', '80', 'proto', 'tcp')
    const before = await ufw.command('status')
    const shop = await openShop(lab)
    const { exitCode } = await shop.apply('--fix')
    expect(exitCode).toBe(3)
    const [dead] = await shop.conflicts()
    expect(dead).toMatchObject({
      severity: 'error',
      culprit: { chain: 'ufw-user-forward' },
      remedy: { text: expect.stringContaining('administrator'), commands: [] },
    })
    expect(await ufw.command('status')).toBe(before)
  })
})
