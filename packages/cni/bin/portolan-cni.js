#!/usr/bin/env -S node --
require('../dist/bundle/portolan-cni.cjs')
