const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('licensing', { activate: (key) => ipcRenderer.invoke('activate', key) });
