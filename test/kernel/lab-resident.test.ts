import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeOnKernel } from '../lab/gate.ts'
import { createMachine, type Machine } from '../lab/machine.ts'
import { type ResidentModules, residentModules } from '../lab/resident/resident-modules.ts'

describeOnKernel('the process that runs small modules', 'nftables', () => {
  let machine: Machine
  let modules: ResidentModules

  beforeAll(async () => {
    machine = await createMachine('alone', 'mount -t tmpfs tmpfs /run')
    modules = residentModules(machine.inside)
  })

  afterAll(async () => {
    await modules[Symbol.asyncDispose]()
    await machine[Symbol.asyncDispose]()
  })

  test('runs one module after the other, and each one ends when it has nothing open', async () => {
    expect(await modules.run("setTimeout(() => console.log('late'), 20)")).toEqual({
      ...{ exitCode: 0, stdout: 'late\n', stderr: '' },
    })
    const { pid } = modules
    expect(await modules.run("console.log('again')")).toMatchObject({ exitCode: 0, stdout: 'again\n' })
    expect(modules.pid).toBe(pid)
  })

  test.each([
    ['nothing', ''],
    ['a timer', 'setInterval(() => {}, 1000)'],
    ['a server', "import { createServer } from 'node:http'; createServer().listen(0, '127.0.0.1')"],
  ])(
    'answers with the error of a module that throws with %s open, and runs the next one',
    async (_name, open) => {
      const { exitCode, stdout, stderr } = (await modules.run(
        `${open}\nconsole.log('before')\nthrow new Error('broken')`,
      )) ?? { stderr: 'busy' }
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: 'before\n' })
      expect(stderr).toMatch(/^Error: broken\n/)
      expect(await modules.run("console.log('next')")).toEqual({ exitCode: 0, stdout: 'next\n', stderr: '' })
    },
  )
})
