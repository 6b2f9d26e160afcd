import { syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'
import { expect, test } from '@jest/globals'
import { showProgress } from '../../src/command/output/progress.ts'

test('where the system gives no thread, only the line about a wait is missing', () => {
  const { Worker } = workerThreads
  workerThreads.Worker = class {
    constructor() {
      throw Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' })
    }
  } as unknown as typeof Worker // only its constructor is called
  syncBuiltinESMExports()
  try {
    expect(() => showProgress('portolan: reading ...').end()).not.toThrow()
  } finally {
    workerThreads.Worker = Worker
    syncBuiltinESMExports()
  }
})
