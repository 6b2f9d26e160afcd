import { expect, test } from '@jest/globals'
import { describeLive, makeNamespace } from '../live/namespace.ts'

describeLive('readPeers', () => {
  test('looks into a namespace by another of its processes where the first one has ended meanwhile', async () => {
    const host = makeNamespace()
    try {
      const told = await host.node(`
        import { execFileSync, spawn } from 'node:child_process'
        import { once } from 'node:events'
        import { createRunner, readPeers } from '@portolan/host'
        const started = async (...argv) => {
          const child = spawn(argv[0], [...argv.slice(1), 'sh', '-c', 'echo in; exec sleep 600'])
          await once(child.stdout, 'data')
          return child
        }
        const ip = (line) => execFileSync('ip', line.split(' '), { encoding: 'utf8' })
        const sites = []
        for (const at of [1, 2]) {
          const one = await started('unshare', '--net')
          const other = await started('nsenter', '--net=/proc/' + one.pid + '/ns/net')
          ip('link add v' + at + ' type veth peer name eth0 netns ' + one.pid)
          execFileSync('nsenter', ['--net=/proc/' + one.pid + '/ns/net', 'ip', 'addr', 'add', '10.0.0.' + at + '/24', 'dev', 'eth0'])
          sites.push([one, other].sort((a, b) => a.pid - b.pid))
        }
        const runner = createRunner()
        let looks = 0
        const losing = {
          ...runner,
          run: async (program, ...rest) => {
            // All processes were seen by now.
            if (program === 'nsenter' && looks++ === 0)
              for (const [first] of sites) {
                const ended = once(first, 'close')
                first.kill('SIGKILL')
                await ended
              }
            return runner.run(program, ...rest)
          },
        }
        const indexes = JSON.parse(ip('-j link')).filter(({ ifname }) => /^v/.test(ifname)).map(({ ifindex }) => ifindex)
        const peers = await readPeers(losing, indexes)
        for (const [, second] of sites) second.kill('SIGKILL')
        report([...peers.values()].flatMap(({ addresses }) => addresses).sort())`)
      expect(told).toEqual(['10.0.0.1/24', '10.0.0.2/24'])
    } finally {
      host.remove()
    }
  })

  test('looks into a namespace with a name that no process is in', async () => {
    const [host, container] = [makeNamespace(), makeNamespace()]
    try {
      host.sh(`ip link add v1 type veth peer name eth0 netns ${container.name}`)
      container.sh('ip address add 10.0.0.1/24 dev eth0')
      const told = await host.node(`
        import { readFileSync } from 'node:fs'
        import { createRunner, readPeers } from '@portolan/host'
        const index = Number(readFileSync('/sys/class/net/v1/ifindex', 'utf8'))
        const peers = await readPeers(createRunner(), [index])
        report([...peers.values()].flatMap(({ addresses }) => addresses))`)
      expect(told).toEqual(['10.0.0.1/24'])
    } finally {
      container.remove()
      host.remove()
    }
  })
})
