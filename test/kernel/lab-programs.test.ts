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

  test('the outcome of a program has its exit code and both of its whole outputs', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect((await shell('seq 200000')).stdout).toHaveLength(1_288_895)
  })

  test('a program reads the given input, and reads nothing when none is given', async () => {
    const input = 'ä\n'.repeat(200_000)
    expect((await machine.mustRun(['cat'], { input })) === input).toBe(true)
    expect(await machine.mustRun(['cat'])).toBe('')
  })

  test('a program has the environment of this process, except for the variables that the options change', async () => {
    const environment = { LAB_WORD: 'said', HOME: undefined }
    const { stdout } = await shell('echo $LAB_WORD $LC_ALL; env | grep -c ^HOME=', { environment })
    expect(stdout).toBe('said C\n0\n')
  })

  test('a program runs in the network and mount namespaces of the machine', async () => {
    const places = ['net', 'mnt'].map((name) => `$(readlink /proc/self/ns/${name})`)
    const ofAgent = ['net', 'mnt'].map((name) => `$(readlink /proc/${machine.pid}/ns/${name})`)
    expect((await shell(`[ "${places}" = "${ofAgent}" ] && [ -z "$(ls /run)" ] && pwd`)).stdout).toBe('/\n')
  })

  test('a program that exceeds its time limit is killed and has no exit code, and its error output says so', async () => {
    expect(await machine.run(['sleep', '60'], { timeoutMs: 100 })).toEqual({
      exitCode: null,
      stdout: '',
      stderr: 'killed after 0.1 s\n',
    })
  })

  test('a write to a closed pipe ends a program, as a shell expects', async () => {
    expect((await shell('{ yes; echo $? >&2; } | head -n 1')).stderr).toBe('141\n')
  })

  test('several programs run at the same time', async () => {
    await machine.mustRun(['mkfifo', '/run/meet'])
    const [read] = await Promise.all([shell('cat /run/meet'), shell('echo met > /run/meet')])
    expect(read.stdout).toBe('met\n')
  })

  test('the error of a failed program has its exit code and its error output, and a missing program exits with 127', async () => {
    await expect(machine.mustRun(['sh', '-c', 'echo why >&2; exit 1'])).rejects.toThrow('exited 1:\nwhy')
    expect((await machine.run(['no-such-program'])).exitCode).toBe(127)
  })
})
