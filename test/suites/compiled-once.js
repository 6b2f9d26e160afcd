/**
 * jest's environment, in which a worker compiles the text of a module once, and not for each suite that imports it. V8
 * takes what it compiled before from the second time on. Each suite has modules, a realm and state of its own as before.
 */
import { setFlagsFromString } from 'node:v8'
import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'

// Most suites end before what Node 20 optimises in them pays; see main.ts of the command.
if (process.version.startsWith('v20.')) setFlagsFromString('--interrupt-budget=1000000')

/** By the module's path: V8 has the name of a script from what it compiled before, not from where it is asked for. */
const compiled = new Map()

/** What is shorter takes less to compile than to keep. */
const SHORT = 2000

/**
 * Node 20 forgets in what was compiled before how `import()` is to be answered (`A dynamic import callback was not
 * specified`), so a text that may have one is compiled each time.
 */
const isKept = (text) => text.length >= SHORT && !/\bimport\s*\(/.test(text)

/** No other suite imports it. */
const isSuite = (path) => /\.test\.[jt]s$/.test(path)

/** null: it has to be compiled. A source may change while jest watches. */
const dataFor = (path, text) => {
  const found = compiled.get(path)
  return found?.text === text ? found.data : null
}

const { SourceTextModule } = vm

class ModuleCompiledOnce extends SourceTextModule {
  constructor(text, options) {
    const path = options?.identifier
    const isShared = path !== undefined && !isSuite(path) && isKept(text)
    const data = isShared ? dataFor(path, text) : null
    super(text, data === null ? options : { ...options, cachedData: data })
    if (isShared && data === null) compiled.set(path, { text, data: this.createCachedData() })
  }
}

// jest asks this module of Node for the class each time. It is there with --experimental-vm-modules alone.
if (SourceTextModule !== undefined) vm.SourceTextModule = ModuleCompiledOnce

export default TestEnvironment
