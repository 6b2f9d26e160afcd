import { expect, test } from '@jest/globals'
import { openLab } from '../lab/lab.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startFail2ban } from '../lab/neighbour/fail2ban.ts'
import { addresses } from '../lab/topology.ts'
import { openShop } from './remedies/shop.ts'

const published = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 1500 } as const
const quick = { timeoutMs: 400 } as const

describeBeside('what Portolan asks of a real Docker', ['docker', 'fail2ban'], () => {
  test.each(['--fix', 'the remedies'])(
    '%s let packets pass behind fail2ban and the administrator, and open no port of Docker',
    async (how) => {
      await using lab = await openLab()
      const docker = await startDocker(lab)
      const hidden = await docker.run({ name: 'hidden' })
      const fail2ban = await startFail2ban(lab, { chain: 'DOCKER-USER', ports: '80' })
      await fail2ban.ban(addresses.ip.neighbour)
      const drop = ['-p', 'tcp', '-i', 'eth0', '--sport', '30000:30010', '-j', 'DROP']
      await lab.host.mustRun(['iptables-nft', '-I', 'DOCKER-USER', ...drop])
      const saved = async (): Promise<string> =>
        (await lab.host.mustRun(['iptables-nft-save', '-t', 'filter']))
          .replaceAll(/^#.*\n/gm, '')
          .replaceAll(/\[\d+:\d+\]/g, '')
      const before = await saved()

      const shop = await openShop(lab)
      if (how === '--fix') {
        const { exitCode, stderr, stdout } = await shop.apply('--fix')
        expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0 })
      } else {
        await shop.apply('--force')
        const commands = await shop.carryOutRemedies()
        expect(commands.filter((command) => command.includes('DOCKER-USER'))).not.toEqual([])
      }
      const web = await shop.web()
      expect(await lab.client.probe(published)).toMatchObject({ by: 'web' })
      expect(await lab.neighbour.probe({ ...published, ...quick })).not.toHaveProperty('by')
      expect(await lab.client.probe({ ...published, ...quick, sourcePort: 30005 })).not.toHaveProperty('by')
      expect(
        await web.probe({ protocol: 'tcp', destination: hidden.address, port: 80, ...quick }),
      ).not.toHaveProperty('by')
      await lab.outside.listen({ protocol: 'tcp', port: 443 })
      expect(
        await web.probe({ protocol: 'tcp', destination: addresses.ip.outside, port: 443, timeoutMs: 1500 }),
      ).toMatchObject({ by: 'outside' })
      // Bans are told still, and no remedy is offered for them.
      const left = await shop.conflicts()
      expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(left.flatMap(({ remedy }) => remedy.commands)).toEqual([])

      if (how !== '--fix') return
      expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
      expect(await saved()).toBe(before)
    },
  )

  test('move --fix asks Docker for the new addresses as well', async () => {
    await using lab = await openLab()
    await startDocker(lab)
    const shop = await openShop(lab)
    const file = await lab.write(
      'free.yaml',
      'name: shop\nservices: { web: { networks: [front], ports: ["8080:80"] } }\nnetworks: { front: {} }\n',
    )
    const words = ['-f', file, '--backend', 'nftables', '--yes']
    expect(shop.words).toContain('nftables')
    expect((await lab.portolan(['apply', ...words, '--fix'])).exitCode).toBe(0)
    const refused = await lab.portolan(['move', 'front', ...words])
    expect({ code: refused.exitCode, said: refused.stdout }).toMatchObject({ code: 3 })
    const moved = await lab.portolan(['move', 'front', ...words, '--fix'])
    expect(`${moved.exitCode} ${moved.stderr}`).toBe('0 ')
    const again = await lab.portolan(['plan', ...words.slice(0, -1)])
    expect({ code: again.exitCode, said: again.stdout }).toMatchObject({ code: 0 })
  })
})
