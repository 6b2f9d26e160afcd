#!/usr/bin/env -S node --
require('../dist/bundle/main.cjs')
