import { expect, test } from '@jest/globals'
import { attach } from '../lab/attach.ts'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { startUfw } from '../lab/neighbour/ufw.ts'
import { addresses } from '../lab/topology.ts'
import { workerLabs } from '../lab/worker-labs.ts'
import { mustSucceed, pilotOf, shop } from './lifecycle/pilot.ts'
import { testBeside } from './neighbours/beside.ts'
import { expectClosed } from './remedies/closed.ts'

testBeside(['firewalld', 'ufw', 'libvirt'], 'nftables')
testBeside(['firewalld', 'firewalld with iptables', 'ufw'], 'iptables-nft')

describeBeside('a ufw that is enabled after Portolan', ['ufw'], () => {
  test.each(['nftables', 'iptables-nft'] as const)(
    'refuses at a published port what its route rules deny, and nothing else, %s',
    async (backend) => {
      await using lab = await workerLabs().open()
      const pilot = pilotOf(lab, backend)
      const nginx = await attach(lab, await pilot.applied(shop()), 'nginx', { hairpin: true })
      const asked = { protocol: 'tcp', destination: addresses.ip.host, port: 8080 } as const
      const ufw = await startUfw(lab, [
        'route allow to any port 80 proto tcp',
        `route insert 1 deny from ${addresses.ip.client}`,
      ])
      mustSucceed('watch', await pilot.run('watch', shop(), '--once'))
      await expectClosed(lab.client, nginx, asked)
      expect(await lab.neighbour.reach(asked)).toMatchObject({ by: 'nginx' })
      // A reload writes ufw's rules again.
      await ufw.reload()
      await expectClosed(lab.client, nginx, asked)
      expect(await lab.neighbour.reach(asked)).toMatchObject({ by: 'nginx' })
      await ufw.command('route', 'delete', 'deny', 'from', addresses.ip.client)
      expect(await lab.client.reach(asked)).toMatchObject({ by: 'nginx' })
    },
  )
})
