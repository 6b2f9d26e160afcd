import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { createMachine, type Machine } from '../lab/machine.ts'

describeOnKernel('programs on a machine of a lab', 'nftables', () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await createMachine('alone', 'mount -t tmpfs tmpfs /run')
  })

  afterAll(() => machine[Symbol.asyncDispose]())

  const shell = (script: string, options = {}) => machine.run(['sh', '-c', script], options)

  test('a program tells its exit code and both of its outputs, whole', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect((await shell('seq 200000')).stdout).toHaveLength(1_288_895)
  })

  test('it reads what it is given, and nothing where it is given nothing', async () => {
    const input = 'ä\n'.repeat(200_000)
    expect((await machine.mustRun(['cat'], { input })) === input).toBe(true)
    expect(await machine.mustRun(['cat'])).toBe('')
  })

  test('it has the environment of this process, but for what is changed', async () => {
    const environment = { LAB_WORD: 'said', HOME: undefined }
    const { stdout } = await shell('echo $LAB_WORD $LC_ALL; env | grep -c ^HOME=', { environment })
    expect(stdout).toBe('said C\n0\n')
  })

  test('it is in the network and the mounts of the machine', async () => {
    const places = ['net', 'mnt'].map((name) => `$(readlink /proc/self/ns/${name})`)
    const ofAgent = ['net', 'mnt'].map((name) => `$(readlink /proc/${machine.pid}/ns/${name})`)
    expect((await shell(`[ "${places}" = "${ofAgent}" ] && [ -z "$(ls /run)" ] && pwd`)).stdout).toBe('/\n')
  })

  test('one that takes too long is killed, has no exit code, and says so', async () => {
    expect(await machine.run(['sleep', '60'], { timeoutMs: 100 })).toEqual({
      exitCode: null,
      stdout: '',
      stderr: 'killed after 0.1 s\n',
    })
  })

  test('a write to a closed pipe ends it, as a shell expects', async () => {
    expect((await shell('{ yes; echo $? >&2; } | head -n 1')).stderr).toBe('141\n')
  })

  test('several run at once', async () => {
    await machine.mustRun(['mkfifo', '/run/meet'])
    const [read] = await Promise.all([shell('cat /run/meet'), shell('echo met > /run/meet')])
    expect(read.stdout).toBe('met\n')
  })

  test('a failure says what failed', async () => {
    await expect(machine.mustRun(['sh', '-c', 'echo why >&2; exit 1'])).rejects.toThrow('exited 1:\nwhy')
    expect((await machine.run(['no-such-program'])).exitCode).toBe(127)
  })
})
