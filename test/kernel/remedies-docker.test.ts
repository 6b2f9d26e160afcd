import { expect, test } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startDocker } from '../lab/neighbour/docker.ts'
import { startFail2ban } from '../lab/neighbour/fail2ban.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectClosed } from './remedies/closed.ts'
import { families, openShop } from './remedies/shop.ts'

const labs = workerLabs()

const published = { protocol: 'tcp', port: 8080, timeoutMs: 1500 } as const

describeBeside('remedies beside a real Docker', ['docker', 'fail2ban'], () => {
  test.each([
    ['--fix', 'nftables'],
    ['the remedies', 'nftables'],
    ['--fix', 'iptables-nft'],
    ['--fix', 'iptables-legacy'],
  ] as const)(
    '%s open our port behind the bans of fail2ban and the drops of the administrator, and open no unpublished port of Docker, %s',
    async (how, backend) => {
      await using lab = await labs.open()
      const docker = await startDocker(lab, { ipv6: true, 'fixed-cidr-v6': 'fd00:17::/64' })
      const hidden = await docker.run({ name: 'hidden' })
      const fail2ban = await startFail2ban(lab, { chain: 'DOCKER-USER', ports: '80' })
      for (const family of families) await fail2ban.ban(addresses[family].neighbour)
      // No probe chooses one of these ports by itself.
      const drop = ['-p', 'tcp', '-i', 'eth0', '--sport', '15000:15010', '-j', 'DROP']
      for (const program of ['iptables-nft', 'ip6tables-nft'])
        await lab.host.mustRun([program, '-I', 'DOCKER-USER', ...drop])
      const filterRules = async (): Promise<string> =>
        `${await lab.host.mustRun(['iptables-nft-save', '-t', 'filter'])}${await lab.host.mustRun(['ip6tables-nft-save', '-t', 'filter'])}`
          .replaceAll(/^#.*\n/gm, '')
          .replaceAll(/\[\d+:\d+\]/g, '')
      const before = await filterRules()
      await lab.outside.listen({ protocol: 'tcp', port: 443 })

      const shop = await openShop(lab, 'nat', backend)
      if (how === '--fix') {
        const { exitCode, stderr, stdout } = await shop.apply('--fix')
        expect({ backend, exitCode, stderr, stdout }).toMatchObject({ exitCode: 0 })
      } else {
        await shop.apply('--force')
        const commands = await shop.carryOutRemedies()
        for (const program of ['iptables-nft', 'ip6tables-nft'])
          expect(commands).toContainEqual(expect.stringMatching(`^${program} .* DOCKER-USER `))
      }
      const web = await shop.web()
      for (const family of families) {
        const destination = addresses[family].host
        expect(await lab.client.reach({ ...published, destination })).toMatchObject({ by: 'web' })
        await expectClosed(lab.neighbour, web, { ...published, destination })
        await expectClosed(lab.client, web, { ...published, destination, sourcePort: 15005 })
        const theirs = family === 'ip' ? hidden.address : (hidden.address6 ?? '')
        // Docker protects this port only by the policy of FORWARD. In iptables Portolan's accepts come before the
        // policy.
        await expectClosed(web, hidden, { protocol: 'tcp', destination: theirs, port: 80 })
        expect(
          await web.reach({ ...published, destination: addresses[family].outside, port: 443 }),
        ).toMatchObject({ by: 'outside' })
      }
      // The bans are still reported, but without remedies.
      const left = await shop.conflicts()
      expect(left.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(left.flatMap(({ remedy }) => remedy.commands)).toEqual([])
      expect(left.map(({ remedy }) => remedy.text)).toContainEqual(expect.stringContaining('the ban'))

      if (how !== '--fix') return
      expect((await lab.portolan(['destroy', '--all', '--yes'])).exitCode).toBe(0)
      expect(await filterRules()).toBe(before)
    },
  )

  test('move to new addresses is blocked without --fix, and leaves nothing to plan with it', async () => {
    await using lab = await labs.open()
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
