import { expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import type { Lab } from '../lab/lab.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { expectClosed } from './remedies/closed.ts'
import { openShop } from './remedies/shop.ts'

const labs = workerLabs()

const published = { protocol: 'tcp', destination: addresses.ip.host, port: 8080, timeoutMs: 1500 } as const

const forward = (lab: Lab, ...rules: readonly string[]): Promise<string> =>
  lab.host.mustRun(['iptables-nft-restore'], {
    input: `*filter\n:FORWARD ACCEPT\n${rules.map((rule) => `-A FORWARD ${rule}\n`).join('')}COMMIT\n`,
  })

describeOnKernel('remedies for rules of iptables', 'iptables-nft', () => {
  test('say to search again after each one, and keep a ban when they are carried out so', async () => {
    await using lab = await labs.open()
    for (const name of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      await lab.host.setSysctl(name, 1)
    await forward(
      lab,
      '-i br-front -o eth1 -j DROP',
      `-s ${addresses.ip.neighbour} -p tcp --dport 80 -j DROP`,
      '-p tcp --dport 80 -j DROP',
    )
    const shop = await openShop(lab)
    const offered = (await shop.conflicts()).filter(({ remedy }) => remedy.commands.length > 0)
    const commands = offered.map(({ remedy }) => remedy.commands.join(' '))
    expect(commands).toEqual(
      expect.arrayContaining([/ -I FORWARD 1 /, / -I FORWARD 3 /].map((one) => expect.stringMatching(one))),
    )
    for (const { remedy } of offered) expect(remedy.text).toMatch(/run "portolan conflicts( [^"]+)?" again/)
    await shop.carryOutRemedies()
    const { exitCode, stdout } = await shop.apply()
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 })
    const web = await shop.web()
    expect(await lab.client.reach(published)).toMatchObject({ by: 'web' })
    await expectClosed(lab.neighbour, web, published)
  })

  test('have no commands against a limit, which is a decision of the administrator as a ban is', async () => {
    await using lab = await labs.open()
    const shop = await openShop(lab)
    const limits = [
      ['-p tcp --syn -m connlimit --connlimit-above 0 -j DROP'],
      ['-p tcp --dport 80 -m limit --limit 1/min -j DROP'],
      ['-p tcp --dport 80 -m hashlimit --hashlimit-above 1/min --hashlimit-name lab -j DROP'],
      ['-p tcp --dport 80 -m limit --limit 1/min --limit-burst 1 -j ACCEPT', '-p tcp --dport 80 -j DROP'],
    ]
    const expectNoCommands = async (what: string): Promise<void> => {
      const found = (await shop.conflicts()).filter(({ culprit }) => culprit?.chain === 'FORWARD')
      expect({ what, found }).toMatchObject({ found: expect.arrayContaining([expect.anything()]) })
      for (const { remedy } of found)
        expect({ what, ...remedy }).toEqual({ what, text: expect.stringContaining('limit'), commands: [] })
    }
    for (const limit of limits) {
      await forward(lab, ...limit)
      await expectNoCommands(limit.join('\n'))
    }
    await forward(lab)
    const nft =
      'table inet lab { chain FORWARD { type filter hook forward priority 0; tcp dport 80 ct count over 10 drop; }; }'
    await lab.host.mustRun(['nft', nft])
    await expectNoCommands(nft)
    await lab.host.mustRun(['nft', 'delete table inet lab'])

    await forward(lab, ...(limits[0] ?? []))
    expect((await shop.apply('--fix')).exitCode).toBe(0)
    await expectClosed(lab.client, await shop.web(), published)
  })
})
