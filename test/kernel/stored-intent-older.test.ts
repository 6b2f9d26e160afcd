import { expect, test } from '@jest/globals'
import { fromJson } from '../from-json.ts'
import {
  answersInTime,
  answersNow,
  askEtcd,
  attachNginx,
  base64,
  cluster,
  describeStored,
  here,
  putText,
  run,
  shop,
  startWatch,
  stopWatch,
  untilFailed,
  untilInForce,
  watchOnce,
} from './stored-intent/stored-shop.ts'

const data = '/run/etcd/data'
const onEtcd = (script: string): Promise<string> => here().etcd.machine.mustRun(['sh', '-c', script])

/** Copies the present data of etcd, and continues. */
const copyData = async (): Promise<void> => {
  const { etcd } = here()
  await etcd.kill()
  await onEtcd(`rm -rf ${data}.copy && cp -a ${data} ${data}.copy`)
  await etcd.start()
}

/** Replaces the data by the copy. */
const restoreData = async (): Promise<void> => {
  const { etcd } = here()
  await etcd.kill()
  await onEtcd(`rm -rf ${data} && cp -a ${data}.copy ${data}`)
  await etcd.start()
}

/** Waits until the watch refuses the older text. Resolves with the reason. While etcd starts, it is not reached at first. */
const olderReason = async (): Promise<string> => {
  for (;;) {
    const why = await untilFailed()
    if (why.startsWith('CLUSTER_UNREACHABLE')) continue
    await untilInForce()
    return why
  }
}

/** Whether the port of the older text and the port of the text in force answer. */
const answersAt8080And8088 = async (): Promise<readonly boolean[]> => [
  await answersNow(8080),
  await answersInTime(8088),
]

describeStored('portolan watch --intent where etcd comes back with an older copy of its data', () => {
  test('keeps the text in force, says so once, and applies the older one after the printed command', async () => {
    await putText(shop('8080:80'))
    await copyData()
    await startWatch()
    await untilInForce()
    await attachNginx(shop('8080:80'))
    await putText(shop('8088:80'))
    await untilInForce()
    expect(await answersAt8080And8088()).toEqual([false, true])
    await restoreData()
    const why = await olderReason()
    expect(why).toMatch(/^INTENT_OLDER: etcd:\/\/\/prod\/shop .*older.*stays in force/s)
    expect(await answersAt8080And8088()).toEqual([false, true])
    for (const words of [['status'], ['plan', '-p', 'shop', ...cluster()]]) {
      const { heldBack } = fromJson<{ readonly heldBack: unknown }>((await run(...words, '--json')).stdout)
      expect([heldBack].flat()).toMatchObject([{ project: 'shop', code: 'INTENT_OLDER' }])
    }
    await stopWatch()
    const events = await here().lab.host.readText('/run/lab/events')
    expect(events.match(/"code":"INTENT_OLDER"/g)).toHaveLength(1)
    // After a restart, and with --once, the result is the same.
    expect(await watchOnce()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('INTENT_OLDER') })
    await startWatch()
    expect(await olderReason()).toMatch(/^INTENT_OLDER/)
    expect(await answersAt8080And8088()).toEqual([false, true])
    // The printed command solves it when the older text is wanted after all.
    await onEtcd(
      `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${here().etcd.inside}; ${/`(etcdctl get [^`]*)`/.exec(why)?.[1]}`,
    )
    await untilInForce()
    expect(await answersInTime(8080)).toBe(true)
    await stopWatch()
  })

  test('keeps it also when only other keys were written and no watch ran, and accepts the same text again', async () => {
    await putText(shop('8080:80'))
    await copyData()
    await putText(shop('8088:80'))
    await startWatch()
    await untilInForce()
    await stopWatch()
    await restoreData()
    for (let other = 0; other < 8; other += 1)
      await askEtcd('put', { key: base64('/other'), value: base64(`${other}`) })
    await startWatch()
    const why = await olderReason()
    expect(why).toMatch(/^INTENT_OLDER/)
    expect(await answersAt8080And8088()).toEqual([false, true])
    await onEtcd(
      `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${here().etcd.inside}; ${/`(tail [^`]*)`/.exec(why)?.[1]}`,
    )
    await untilInForce()
    expect(fromJson((await run('status', '--json')).stdout)).not.toHaveProperty('heldBack')
    expect(await answersAt8080And8088()).toEqual([false, true])
    await stopWatch()
  })
})
