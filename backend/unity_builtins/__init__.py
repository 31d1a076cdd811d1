"""The plugins that come with Unity. They import `unity_plugin` and nothing of Unity itself."""
