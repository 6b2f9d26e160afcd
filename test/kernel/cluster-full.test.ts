import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeBeside } from '../lab/neighbour/describe-beside.ts'
import { blocksOf } from './cluster/command-cluster.ts'
import { commandEtcd } from './cluster/command-etcd.ts'

const { etcd, open, start, close } = commandEtcd('full')

/** Sets or ends the alarm that etcd sets once its data has the size of `--quota-backend-bytes`. */
const setFull = async (isFull: boolean): Promise<void> => {
  const ask = (body: object): Promise<string> =>
    etcd().machine.mustRun([
      ...['curl', '--silent', '--fail', `http://${etcd().inside}/v3/maintenance/alarm`],
      ...['--data', JSON.stringify({ memberID: '0', alarm: 'NOSPACE', ...body })],
    ])
  if (isFull) await ask({ action: 'ACTIVATE' })
  const { alarms = [] } = JSON.parse(await ask({ action: 'GET' }))
  expect(alarms).toHaveLength(1)
  if (!isFull) for (const { memberID } of alarms) await ask({ action: 'DEACTIVATE', memberID })
}

describeBeside('portolan cluster with an etcd that has no room', ['etcd'], () => {
  beforeAll(start)
  afterAll(close)

  test('each change is refused with the way to make room, commands that read go on, and the host joins afterwards', async () => {
    const cluster = await open('10.64.0.0/22:24')
    const blocks = blocksOf(await cluster.join('web-1'))
    await setFull(true)
    for (const [host, ...words] of [
      ['web-1', 'join'],
      ['web-2', 'join', '--member', 'web-2'],
      ['web-1', 'release'],
      ['any', 'init', '--pool', '10.64.0.0/21:24'],
    ] as const) {
      const { exitCode, stderr } = await cluster.run(host, ...words)
      expect({ words, exitCode, stderr }).toEqual({
        words,
        exitCode: 1,
        stderr: expect.stringMatching(
          /^portolan: etcd at \S+ takes no change: its data has reached its limit .*`etcdctl compact REVISION`.*`etcdctl alarm disarm`/,
        ),
      })
    }
    expect(await cluster.json('web-1', 'status')).toMatchObject({
      reachable: true,
      hosts: [{ host: 'web-1' }],
    })
    await setFull(false)
    expect(blocksOf(await cluster.json('web-1', 'join'))).toEqual(blocks)
    expect(blocksOf(await cluster.join('web-2'))).toHaveLength(1)
  })
})
