import { expect, test } from '@jest/globals'
import {
  ask,
  attachNginx,
  base64,
  cluster,
  describeStored,
  here,
  inForce,
  once,
  put,
  reaches,
  refused,
  run,
  served,
  shop,
  startWatch,
  stopWatch,
} from './stored-intent/stored-shop.ts'

const data = '/run/etcd/data'
const onEtcd = (script: string): Promise<string> => here().etcd.machine.mustRun(['sh', '-c', script])

/** Copies the present data of etcd, and continues. */
const copy = async (): Promise<void> => {
  const { etcd } = here()
  await etcd.kill()
  await onEtcd(`rm -rf ${data}.copy && cp -a ${data} ${data}.copy`)
  await etcd.start()
}

/** Replaces the data by the copy. */
const restore = async (): Promise<void> => {
  const { etcd } = here()
  await etcd.kill()
  await onEtcd(`rm -rf ${data} && cp -a ${data}.copy ${data}`)
  await etcd.start()
}

const older = async (): Promise<string> => {
  for (;;) {
    const why = await refused()
    if (why.startsWith('CLUSTER_UNREACHABLE')) continue
    await inForce()
    return why
  }
}

const servedThen = async (): Promise<readonly boolean[]> => [await served(8080), await reaches(8088)]

describeStored('portolan watch --intent where etcd comes back with an older copy of its data', () => {
  test('keeps the text in force, says so once, and takes one that is put anew', async () => {
    await put(shop('8080:80'))
    await copy()
    await startWatch()
    await inForce()
    await attachNginx(shop('8080:80'))
    await put(shop('8088:80'))
    await inForce()
    expect(await servedThen()).toEqual([false, true])
    await restore()
    const why = await older()
    expect(why).toMatch(/^INTENT_OLDER: etcd:\/\/\/prod\/shop .*older.*stays in force/s)
    expect(await servedThen()).toEqual([false, true])
    for (const words of [['status'], ['plan', '-p', 'shop', ...cluster()]]) {
      const { heldBack } = JSON.parse((await run(...words, '--json')).stdout)
      expect([heldBack].flat()).toMatchObject([{ project: 'shop', code: 'INTENT_OLDER' }])
    }
    // After a restart, and with --once, the result is the same.
    await stopWatch()
    expect(await once()).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('INTENT_OLDER') })
    await startWatch()
    expect(await older()).toMatch(/^INTENT_OLDER/)
    expect(await servedThen()).toEqual([false, true])
    // The printed command solves it when the older text is wanted after all.
    await onEtcd(
      `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${here().etcd.inside}; ${/`(etcdctl get [^`]*)`/.exec(why)?.[1]}`,
    )
    await inForce()
    expect(await reaches(8080)).toBe(true)
    await stopWatch()
  })

  test('holds it where only other keys went on meanwhile, and while none ran, and takes the text in force put anew', async () => {
    await put(shop('8080:80'))
    await copy()
    await put(shop('8088:80'))
    await startWatch()
    await inForce()
    await stopWatch()
    await restore()
    for (let other = 0; other < 8; other += 1)
      await ask('put', { key: base64('/other'), value: base64(`${other}`) })
    await startWatch()
    const why = await older()
    expect(why).toMatch(/^INTENT_OLDER/)
    expect(await servedThen()).toEqual([false, true])
    await onEtcd(
      `export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=${here().etcd.inside}; ${/`(tail [^`]*)`/.exec(why)?.[1]}`,
    )
    await inForce()
    expect(JSON.parse((await run('status', '--json')).stdout)).not.toHaveProperty('heldBack')
    expect(await servedThen()).toEqual([false, true])
    await stopWatch()
  })
})
